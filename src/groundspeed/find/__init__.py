"""Which commit of a range changed a benchmark: what is believed, what is measured next, what is answered."""
