"""What str.upper() makes of every character, as lines of hexadecimal numbers.

The first line is the Unicode version of this Python; `?first-last` are characters which it does not know; `code:utf-8` is a
character and its upper case, for all that change.
"""
import sys
import unicodedata

print(unicodedata.unidata_version)
first = None
for code in range(0x110000 + 1):
    known = code > 0x10FFFF or unicodedata.category(chr(code)) != "Cn"
    if not known and first is None:
        first = code
    if known and first is not None:
        print(f"?{first:x}-{code - 1:x}")
        first = None
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        continue
    upper = chr(code).upper()
    if upper != chr(code):
        print(f"{code:x}:{upper.encode().hex()}")
