//! A picture as it stands when the playhead is somewhere: what comes later is left out, what grows is cut there.

use crate::view::list::{DisplayList, Kind, look};

/// The marks of `list` that are there at a playhead position.
pub fn still(list: &DisplayList, position: f64) -> DisplayList {
    let mut out = DisplayList::new(list.width, list.height);
    for i in 0..list.len() {
        let (Some(&from), Some(&until)) = (list.from.get(i), list.until.get(i)) else { continue };
        if from > position + 0.01 {
            continue;
        }
        let points = list.points_of(i);
        let part = if until <= position + 0.01 { 1.0 } else { ((position - from) / (until - from)) as f32 };
        let (kind, Some(look)) = (list.kind.get(i).copied().unwrap_or_default(), list.look.get(i)) else {
            continue;
        };
        let mut look = *look;
        let cut = match points {
            &[x0, y0, x1, y1] if kind == Kind::Line as u8 || kind == Kind::Arrow as u8 => {
                if part < 1.0 {
                    look |= look::HEADLESS;
                }
                vec![x0, y0, x0 + (x1 - x0) * part, y0 + (y1 - y0) * part]
            }
            &[x, y, w, h] if kind == Kind::Rect as u8 && part < 1.0 => vec![x, y, w, h * part],
            all => all.to_vec(),
        };
        out.kind.push(kind);
        out.role.push(list.role[i]);
        out.hue.push(list.hue[i]);
        out.look.push(look);
        out.id.push(list.id[i]);
        out.from.push(from);
        out.until.push(until);
        out.points.extend(cut);
        out.start.push(out.points.len() as u32);
        let text = list.text_of(i).map(str::to_owned);
        out.text.push(text.as_ref().map_or(u32::MAX, |_| out.texts.len() as u32));
        out.texts.extend(text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::list::{Paint, Role};

    #[test]
    fn what_comes_later_is_left_out_and_what_grows_is_cut() {
        let mut list = DisplayList::new(100.0, 100.0);
        list.arrow((0.0, 0.0), (100.0, 40.0), Paint::new(Role::Ink).time(0.0, 40.0));
        list.text((5.0, 5.0), "late", Paint::new(Role::Ink).time(30.0, 30.0));
        list.rect((0.0, 0.0), (8.0, 40.0), Paint::new(Role::State).time(0.0, 40.0));
        let half = still(&list, 20.0);
        assert_eq!(half.len(), 2);
        assert_eq!(half.points_of(0), [0.0, 0.0, 50.0, 20.0]);
        assert_ne!(half.look[0] & look::HEADLESS, 0);
        assert_eq!(half.points_of(1), [0.0, 0.0, 8.0, 20.0]);
        assert!(half.texts.is_empty());
        assert_eq!(still(&list, 40.0), list);
    }
}
