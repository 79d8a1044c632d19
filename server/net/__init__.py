"""Network addresses, hosts and web origins as values: parsed and compared, with no I/O."""
