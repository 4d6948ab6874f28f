//! What comes out of a run: an envelope or a failure, and what each tells its reader.

pub mod difference;
pub mod envelope;
pub mod error;
pub mod half_done;
pub mod page;
pub mod parts;
pub mod refusal;
pub mod requests;
pub mod shown;
pub mod violations;
pub mod write;
