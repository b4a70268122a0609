"""groundspeed: performance history that can be trusted, on top of airspeed velocity."""
