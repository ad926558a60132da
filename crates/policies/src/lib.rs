//! Every policy, one file each, and the list of them.
