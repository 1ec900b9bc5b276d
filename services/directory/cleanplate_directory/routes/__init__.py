"""HTTP face of the directory service, by noun: parse, call one action, answer."""
