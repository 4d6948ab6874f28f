//! The sources and pages themselves: the plan of `src/`, what is generated, links and commands.

mod contract;
mod docs;
mod house;
