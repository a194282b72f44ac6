//! What to draw: layouts as one display list, sentences in Chinese and English.
