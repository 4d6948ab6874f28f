//! A whole number that is written with a fraction or an exponent, such as `552.0`. A reader that takes it for a floating
//! point number may come to another one, and with it to another incident, so that the text itself decides.

/// What such a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// This number and no other.
    Whole(u64),
    /// Not a whole one, be it by ever so little.
    NotWhole,
    /// A whole one so large that programs on the way may have rounded it already.
    Uncertain,
}

/// Reads a number as JSON writes it.
pub(super) fn read(text: &str) -> Said {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let written = [whole, fraction].concat();
    let digits = written.trim_end_matches('0');
    let Ok(exponent) = exponent.parse::<i64>() else {
        return if exponent.starts_with('-') {
            Said::NotWhole
        } else {
            Said::Uncertain
        };
    };
    // Both are far below what the document may hold.
    let moved = i64::try_from(written.len() - digits.len()).unwrap_or(i64::MAX);
    let behind = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let zeros = exponent.saturating_add(moved).saturating_sub(behind);
    let Ok(zeros) = usize::try_from(zeros) else {
        return Said::NotWhole;
    };
    let digits = digits.trim_start_matches(['-', '0']);
    if digits.len().saturating_add(zeros) > MOST_DIGITS {
        return Said::Uncertain;
    }
    let number = format!("{digits}{}", "0".repeat(zeros)).parse::<u64>();
    match number {
        Ok(number) if number < FIRST_UNCERTAIN && !text.starts_with('-') => Said::Whole(number),
        _ => Said::Uncertain,
    }
}

/// Of 2^53.
const MOST_DIGITS: usize = 16;

/// From here on several whole numbers share one floating point number.
const FIRST_UNCERTAIN: u64 = 9_007_199_254_740_992;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_decides() {
        for (text, number) in [
            ("552.0", 552),
            ("5.52e2", 552),
            ("5520e-1", 552),
            ("0.552E+3", 552),
            ("552.000000000000000000000000000", 552),
            ("9007199254740991.0", 9_007_199_254_740_991),
            ("1e15", 1_000_000_000_000_000),
            ("1000e-3", 1),
        ] {
            assert_eq!(read(text), Said::Whole(number), "{text}");
        }
        for text in [
            "4503599627370497.5",
            "551.99999999999999999",
            "552.00000000000000000000000001",
            "552.5",
            "552e-1",
            "1e-400",
            "552e-99999999999999999999999",
            "9007199254740993.5",
        ] {
            assert_eq!(read(text), Said::NotWhole, "{text}");
        }
        for text in [
            "9007199254740993.0",
            "9007199254740992.0",
            "1e16",
            "1e300",
            "1e99999999999999999999",
            "-552.0",
        ] {
            assert_eq!(read(text), Said::Uncertain, "{text}");
        }
    }
}
