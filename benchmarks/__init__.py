"""The suite of this repository: noesis, and groundspeed's own hot paths."""
