//! APIOps artifact folders and API definitions, read into the model.
