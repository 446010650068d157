"""What grades: metrics, judges, statistics, the run store, comparisons and reports."""
