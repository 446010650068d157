"""Publishing: a scenario set as a data set folder that others load without this package.

* :mod:`eval_suite.publishing.films`: residents on film, each once, in several processes;
* :mod:`eval_suite.publishing.rows`: scenarios as rows of a table, and its columns;
* :mod:`eval_suite.publishing.folder`: the folder: Parquet, media, data card, Croissant metadata;
* :mod:`eval_suite.publishing.data_card`: the card, generated from what was measured;
* :mod:`eval_suite.publishing.croissant`: the same for machines.
"""

from __future__ import annotations
