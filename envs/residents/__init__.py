"""Who lives in the house: scripts that residents play, and the figures of residents and robot."""
