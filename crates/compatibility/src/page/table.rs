//! Tables of Markdown.

/// A table; cells may hold anything but line breaks.
pub(super) struct Table {
    text: String,
}

impl Table {
    pub(super) fn new(heads: &[&str]) -> Self {
        let mut table = Self { text: String::new() };
        table.row(heads);
        table.row(&vec!["---"; heads.len()]);
        table
    }

    pub(super) fn row<S: AsRef<str>>(&mut self, cells: &[S]) {
        for cell in cells {
            self.text.push_str("| ");
            let cell = cell.as_ref();
            self.text.push_str(cell);
            if !cell.is_empty() {
                self.text.push(' ');
            }
        }
        self.text.push_str("|\n");
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}
