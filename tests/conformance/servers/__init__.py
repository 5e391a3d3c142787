"""The workflow `conformance`, offered by the servers that the suite judges."""
