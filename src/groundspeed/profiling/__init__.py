"""Where time, memory and waiting go. Measures in order to explain; judges nothing."""
