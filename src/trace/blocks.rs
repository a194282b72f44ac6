//! Blocks of blocks: sums of 16 entries, of 256, …, and the search through them.

/// So many entries stand under one that sums them up.
pub(crate) const FAN: usize = 16;

/// The entries before `before` that are wanted, in order, found from the sums above them. `wanted(level, block)` says whether one
/// may be in a block of `FAN`^`level` entries; on level 0 it is asked of the entry itself.
pub(crate) fn search(levels: usize, before: usize, wanted: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < before {
        let (mut level, mut size) = (0, 1);
        while level + 1 < levels && at.is_multiple_of(size * FAN) {
            level += 1;
            size *= FAN;
        }
        // Down from the largest block that begins here to the largest in which there is none.
        let mut is_wanted = wanted(level, at / size);
        while is_wanted && level > 0 {
            level -= 1;
            size /= FAN;
            is_wanted = wanted(level, at / size);
        }
        if is_wanted {
            found.push(at);
        }
        at += size;
    }
    found
}
