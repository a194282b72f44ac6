//! Sizes and times as people write them on a command line.

use std::time::Duration;

/// `4096`, `64KiB`, `16MiB`, `1GiB`; `k`, `M` and `G` count in thousands.
pub fn parse_size(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: usize = match unit.trim().trim_end_matches('B') {
        "" => 1,
        "k" | "K" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        other => return Err(format!("`{other}` is no unit of size: use KiB, MiB, GiB, k, M, G or none")),
    };
    let number: usize = number.parse().map_err(|_| format!("`{text}` is no size: write 65536 or 64KiB"))?;
    number.checked_mul(factor).ok_or_else(|| format!("{text} is more than this machine can address"))
}

/// Seconds, with fractions: `0.5`, `30`.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("`{text}` seconds: {error}"))
}

/// Milliseconds, with fractions: `0.5`, `40`.
pub fn parse_millis(text: &str) -> Result<Duration, String> {
    let millis: f64 = text.parse().map_err(|_| format!("`{text}` is no number of milliseconds"))?;
    Duration::try_from_secs_f64(millis / 1e3).map_err(|error| format!("`{text}` milliseconds: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, size) in
            [("7", 7), ("64KiB", 65536), ("16MiB", 16 << 20), ("2k", 2000), ("1G", 1_000_000_000)]
        {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
        for text in ["", "x", "-1", "1.5M", "5 apples", "99999999999GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_millis("40"), Ok(Duration::from_millis(40)));
        for text in ["", "-1", "inf", "nan", "1e300"] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
    }
}
