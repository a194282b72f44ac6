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

/// A size of one byte or more.
pub fn parse_length(text: &str) -> Result<usize, String> {
    match parse_size(text)? {
        0 => Err("it begins at 1 byte".to_owned()),
        size => Ok(size),
    }
}

/// How many of something, at least one.
pub fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it begins at 1".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err(format!("`{text}` is no number from 1 on")),
    }
}

/// Threads that a command may be asked for.
const MOST_THREADS: usize = 256;

/// A number of threads.
pub fn parse_threads(text: &str) -> Result<usize, String> {
    let count = parse_count(text)?;
    let few = count <= MOST_THREADS;
    few.then_some(count).ok_or_else(|| format!("at most {MOST_THREADS}; more than cores gain nothing"))
}

/// Seconds, with fractions: `0.5`, `30`.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    duration(seconds).ok_or_else(|| format!("`{text}` is no time: write seconds from 0 on, such as 0.5"))
}

/// Milliseconds, with fractions: `0.5`, `40`.
pub fn parse_millis(text: &str) -> Result<Duration, String> {
    let millis: f64 = text.parse().map_err(|_| format!("`{text}` is no number of milliseconds"))?;
    duration(millis / 1e3)
        .ok_or_else(|| format!("`{text}` is no time: write milliseconds from 0 on, such as 40"))
}

/// A time that can be added to a clock: a century at most.
fn duration(seconds: f64) -> Option<Duration> {
    const LONGEST: f64 = 100.0 * 365.0 * 86_400.0;
    (seconds <= LONGEST).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
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
    fn numbers_from_one_on() {
        assert_eq!((parse_length("1"), parse_count("20000"), parse_threads("4")), (Ok(1), Ok(20_000), Ok(4)));
        for text in ["0", "-1", "x", ""] {
            assert!(parse_length(text).is_err() && parse_count(text).is_err(), "{text}");
        }
        assert!(parse_threads("1000000").is_err_and(|said| said.contains("256")));
    }

    #[test]
    fn times() {
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_millis("40"), Ok(Duration::from_millis(40)));
        for text in ["", "-1", "inf", "nan", "1e300", "1e12"] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
    }
}
