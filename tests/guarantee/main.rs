//! Under every fault, kill and echo: the change is there once or not at all, the envelope says which, and no secret shows.

mod fault_matrix;
mod fleet;
mod gate;
mod graph_matrix;
mod kills;
mod properties;
