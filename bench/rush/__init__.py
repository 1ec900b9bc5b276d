"""The rush before a cut-off: servers, diners and databases to measure it with."""
