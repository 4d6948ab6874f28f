//! Medians, quartiles, and ratios pair by pair: what one round compared is divided first, so that a slow moment of the
//! machine weighs on both sides.

/// Where the middle half of some figures lies.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

impl Spread {
    /// Not a number, and shown as a dash, where there is no figure.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self {
            lower: quantile(&sorted, 0.25),
            median: quantile(&sorted, 0.5),
            upper: quantile(&sorted, 0.75),
        }
    }

    /// Of each round's quotient.
    pub fn of_ratios(above: &[f64], below: &[f64]) -> Self {
        Self::of(above.iter().zip(below).map(|(above, below)| above / below))
    }

    /// `median (lower–upper)`, with so many decimals.
    pub fn show(self, decimals: usize) -> String {
        let Self { lower, median, upper } = self;
        if median.is_nan() {
            return "–".to_owned();
        }
        format!("{median:.decimals$} ({lower:.decimals$}–{upper:.decimals$})")
    }
}

/// Between two neighbours in proportion, as spreadsheets do it.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * sorted.len().saturating_sub(1) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    at(low) + (at(high) - at(low)) * place.fract()
}
