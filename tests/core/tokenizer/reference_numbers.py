"""Writes reference_numbers.h: numbers of a JSON text, and the doubles that tokenizers 0.22.2 computes with.

    python3 reference_numbers.py > reference_numbers.h
"""
import json
import random
from tokenizers import Tokenizer

random.seed(20261126)
DIGITS = "0123456789"
FIXED = ["0", "-0", "0.0", "-0.0", "00", "01", "-01", "1.", "-", ".5", "1e", "1e+", "1.e5", "0.1", "-3.4187936782836914", "1e22",
         "1e23", "123456789012345678901234567890", "1.8446744073709551615", "1.8446744073709551616", "18446744073709551615",
         "18446744073709551616", "18446744073709551617.25", "1844674407370955161.59", "18446744073709551619.1", "1e308", "1e309",
         "1.7976931348623157e308", "1.7976931348623159e308", "1e-308", "5e-324", "1e-323", "1e-400", "0e999999999999", "1e99999",
         "-1e-99999", "0.000000000000000000000000000000000000001", "1E+5", "1E-5", "-12.5e-3"]


def drawn():
    whole = random.choice(["0", str(random.randint(1, 99)), str(random.randint(10**17, 10**22))])
    fraction = "".join(random.choice(DIGITS) for _ in range(random.choice([1, 4, 15, 16, 17, 19, 22])))
    return "-" * random.randint(0, 1) + whole + "." + fraction + random.choice(["", "", "", "e5", "e-17", "e-310"])


def reference(text):
    document = '{"version":"1.0","model":{"type":"Unigram","unk_id":0,"vocab":[["a",%s]]}}' % text
    try:
        return float(json.loads(Tokenizer.from_str(document).to_str())["model"]["vocab"][0][1]).hex()
    except Exception:
        return None


print("/* Numbers of a JSON text as tokenizers 0.22.2 reads them. Written by reference_numbers.py. */")
print("static const struct {\n    const char *text;\n    bool refused;\n    double value;\n} numbers[] = {")
for text in FIXED + [drawn() for _ in range(120)]:
    value = reference(text)
    print('    {"%s", %s, %s},' % (text, "true" if value is None else "false", value or "0"))
print("};")
