//! What others wrote, turned into files of an artifact folder: text in, files out, no IO.
//!
//! An import makes a [`Plan`]: the files that it would write, those that it would take away, and [`Note`]s for whoever
//! asked for it. The plan says what it would change in a folder ([`Plan::changes`]) and what would then be wrong with
//! that folder ([`Plan::problems`]); writing it is up to the program.
//!
//! ```
//! use artifacts::MemoryFolder;
//! use import::openapi::{Request, plan};
//! use source::SourceFile;
//!
//! let text = "openapi: 3.0.1\ninfo: {title: Pet Store}\nservers: [{url: https://pets.example.com/v1}]\n\
//!             paths:\n  /pets:\n    get: {operationId: listPets}\n";
//! let empty = MemoryFolder::default();
//! let outcome = plan(&SourceFile::new("pets.yaml", text), &Request::default(), &empty).unwrap();
//! let written: Vec<&str> = outcome.plan.files.iter().map(|file| file.path.as_str()).collect();
//! assert_eq!(written, ["apis/pet-store/specification.yaml", "apis/pet-store/apiInformation.json"]);
//! assert!(outcome.plan.problems(&empty).is_empty());
//! ```

mod diff;
pub mod litellm;
mod note;
pub mod openapi;
mod overlay;
mod plan;
mod planned;
pub mod wizard;

pub use diff::{Difference, lines};
pub use note::{Note, NoteKind};
pub use plan::{Change, ChangeKind, File, Plan};
