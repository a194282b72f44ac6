//! What to draw: layouts as one display list, sentences in Chinese and English.
//!
//! A trace becomes a [`Figure`](figure::Figure) (a conversation in the terms of a picture), a figure gets a
//! [`Scale`](scale::Scale) (its time axis), and the layouts ([`ladder`], [`ledger`], [`machine`], [`charts`]) turn both into a
//! [`DisplayList`](list::DisplayList). The page paints that list on a canvas, [`svg`] writes the same list as a document.

mod arrows;
mod bars;
mod beside;
mod boxes;
mod brief;
mod chart_data;
mod chart_panel;
mod chart_sequence;
pub mod charts;
pub mod compare;
mod crowd;
pub mod fields;
pub mod figure;
mod frame_lane;
pub mod from_trace;
mod glyphs;
mod happenings;
pub mod inspect;
mod items;
pub mod lab;
mod labels;
pub mod ladder;
mod lanes;
pub mod ledger;
pub mod list;
mod loops;
pub mod machine;
pub mod mermaid;
pub mod metrics;
mod octets;
pub mod opening;
pub mod overlay;
pub mod predict;
mod ranked;
mod reach;
mod rows;
pub mod running;
#[cfg(test)]
pub(crate) mod sample;
pub mod scale;
pub mod session;
mod sides;
pub mod still;
pub mod svg;
pub mod text;
pub mod things;
pub mod time_text;
pub mod transcript;
pub mod words;
pub mod written;
