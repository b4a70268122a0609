"""The tests of groundspeed, noesis and the ruler."""
