"""The ruler: benchmark kinds and workloads. Standard library only; it never imports what it measures."""
