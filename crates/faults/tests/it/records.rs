//! The access log, read as it grows.

use std::collections::HashMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use parking_lot::Mutex;
use serde_json::Value;

use crate::harness::eventually;

/// The records of a gateway by API.
#[derive(Debug)]
pub(crate) struct Records {
    path: PathBuf,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    offset: u64,
    by_api: HashMap<String, Vec<Value>>,
}

impl Records {
    pub(crate) fn of(path: PathBuf) -> Self {
        Self { path, read: Mutex::default() }
    }

    /// The record with this number (from 0) of an API.
    pub(crate) async fn of_api(&self, api: &str, number: usize) -> Value {
        let what = format!("record {number} of {api}");
        eventually(&what, async || {
            self.follow();
            self.read.lock().by_api.get(api).and_then(|all| all.get(number).cloned())
        })
        .await
    }

    /// How many records there are of an API.
    pub(crate) fn count(&self, api: &str) -> usize {
        self.follow();
        self.read.lock().by_api.get(api).map_or(0, Vec::len)
    }

    fn follow(&self) {
        let mut read = self.read.lock();
        let Ok(mut file) = std::fs::File::open(&self.path) else { return };
        file.seek(SeekFrom::Start(read.offset)).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        for line in whole.lines() {
            let record: Value = serde_json::from_str(line).expect("a line of JSON");
            let api = record["apiId"].as_str().unwrap_or("").to_owned();
            read.by_api.entry(api).or_default().push(record);
        }
        if !whole.is_empty() {
            read.offset += whole.len() as u64 + 1;
        }
    }
}
