"""From series to judgement: what changed, and how sure one can be. Measures nothing."""
