//! Lengths written as numbers of their own size: varints and netstrings.

use super::error::{LengthOf, Problem};
use super::limits::Limits;
use super::plan::{Extent, Refusal, guess_text};

/// The extent of a frame with a base-128 varint before it (Protocol Buffers, "Base 128 Varints").
pub(super) fn varint(view: &[u8], limits: &Limits) -> Result<Option<Extent>, Refusal> {
    let mut value = 0_u64;
    for (i, &b) in view.iter().enumerate() {
        let read = || view.get(..=i).unwrap_or(view).to_vec();
        if i == 9 && b > 1 {
            let problem = Problem::VarintTooLong { bytes: read() };
            return Err(Refusal { at: 0, problem, hints: guess_text(view.get(..4).unwrap_or(&[])) });
        }
        value |= u64::from(b & 0x7f) << (7 * i);
        if b & 0x80 == 0 {
            let limit = limits.payload;
            if value > limit {
                let value = i128::from(value);
                let problem =
                    Problem::LengthTooLarge { of: LengthOf::Payload, value, adjust: 0, limit, bytes: read() };
                return Err(Refusal::new(0, problem));
            }
            let (head, total) = (i + 1, i + 1 + value as usize);
            return Ok(Some(Extent { head, start: head, end: total, total }));
        }
    }
    Ok(None)
}

/// The extent of a netstring: `12:hello world!,`.
pub(super) fn netstring(view: &[u8], limits: &Limits) -> Result<Option<Extent>, Refusal> {
    let mut value = 0_u64;
    for (i, &b) in view.iter().enumerate() {
        let read = || view.get(..i).unwrap_or(view).to_vec();
        match b {
            b':' if i > 0 => {
                let (head, end) = (i + 1, i + 1 + value as usize);
                return Ok(Some(Extent { head, start: head, end, total: end + 1 }));
            }
            b'0'..=b'9' if i > 0 && value == 0 => return Err(Refusal::new(0, Problem::NetstringZero)),
            b'0'..=b'9' => {
                value = value.saturating_mul(10).saturating_add(u64::from(b - b'0'));
                let limit = limits.payload;
                if value > limit {
                    let bytes = view.get(..=i).unwrap_or(view).to_vec();
                    let value = i128::from(value);
                    let problem =
                        Problem::LengthTooLarge { of: LengthOf::Payload, value, adjust: 0, limit, bytes };
                    return Err(Refusal::new(0, problem));
                }
            }
            byte => {
                return Err(Refusal::new(i, Problem::NetstringDigit { byte, bytes: read() }));
            }
        }
    }
    Ok(None)
}
