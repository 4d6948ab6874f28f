//! The comparison as a bar chart, legible on light and on dark ground.

use std::fmt::Write;

use crate::goals::Measured;
use crate::peers::OURS;
use crate::stats::Spread;

/// The whole of `results.svg`.
pub fn svg(measured: &Measured) -> String {
    type Figures = fn(&crate::measure::Series) -> &[f64];
    let panels: [(&str, Figures); 2] = [
        ("Wall time, ms", |series| &series.wall_ms),
        ("CPU time, ms", |series| &series.cpu_ms),
    ];
    let mut bars = String::new();
    let mut top = 0;
    for (title, figures) in panels {
        let mut medians: Vec<(usize, &str, f64)> = measured
            .peers
            .iter()
            .zip(&measured.series)
            .enumerate()
            .filter_map(|(index, (peer, series))| {
                let median = Spread::of(figures(series.as_ref()?).iter().copied()).median;
                Some((index, peer.name, median))
            })
            .collect();
        medians.sort_by(|(.., one), (.., other)| one.total_cmp(other));
        let longest = medians.last().map_or(1.0, |(.., median)| *median);
        add(
            &mut bars,
            format_args!("  <text class=\"title\" x=\"0\" y=\"{}\">{title}</text>\n", top + 16),
        );
        top += 28;
        for (index, name, median) in medians {
            let width = (BAR_WIDTH * median / longest).max(1.0);
            let class = if index == OURS { "ours" } else { "other" };
            add(
                &mut bars,
                format_args!(
                    "  <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\n  <rect class=\"{class}\" x=\"{LEFT}\" \
                     y=\"{top}\" width=\"{width:.1}\" height=\"16\" rx=\"2\"/>\n  <text x=\"{:.1}\" y=\"{}\">{median:.1}</text>\n",
                    LEFT - 8.0,
                    top + 12,
                    LEFT + width + 6.0,
                    top + 12,
                ),
            );
            top += 24;
        }
        top += 12;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" width=\"{WIDTH}\" height=\"{top}\" role=\"img\" \
         aria-label=\"One call: wall and CPU time, shorter is better\">\n{STYLE}{bars}</svg>\n"
    )
}

fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    // A String takes everything.
    text.write_fmt(more).ok();
}

const STYLE: &str = "  <style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; }
    .ours { fill: #1a7f37; }
    .other { fill: #8c959f; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .ours { fill: #3fb950; }
      .other { fill: #7d8590; }
    }
  </style>
";
const WIDTH: u32 = 720;
const LEFT: f64 = 170.0;
const BAR_WIDTH: f64 = 480.0;
