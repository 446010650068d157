"""What words do: claims that can be checked, feelings that are named, acts that are done by speaking.

* :mod:`envs.speech.claims`: what a robot says that it did, against what it did;
* :mod:`envs.speech.lexicon`: words for feelings, advice, understanding;
* :mod:`envs.speech.acts`: dialogue acts of an utterance, helpful and not.
"""
