#!/usr/bin/env python3
"""Writes the tables beside this file from published data; run by hand when the data is renewed (README.md).

    make.py FOLDER   # FOLDER holds the unpacked npm packages that README.md names, each as FOLDER/<name>/package
"""
import json, os, sys, glob

root = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
LANGUAGES = ("en fr es pt de it nl pl ru uk sv da nb fi cs tr el ar he zh zh-Hant ja ko id vi hu ro bg hr sr sk sl ca "
             "eu gl fa hi bn ur sw th ms et lv lt").split()
REGIONS = {"002": "africa", "019": "americas", "142": "asia", "150": "europe", "009": "oceania", "003": "north-america",
           "005": "south-america", "013": "central-america", "029": "caribbean", "419": "latin-america",
           "145": "western-asia", "034": "southern-asia", "030": "eastern-asia", "035": "south-eastern-asia",
           "143": "central-asia", "015": "northern-africa", "202": "sub-saharan-africa", "154": "northern-europe",
           "155": "western-europe", "151": "eastern-europe", "039": "southern-europe"}


def package(name):
    return glob.glob(f"{root}/{name}*/package")[0]


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(name, rows):
    with open(os.path.join(here, name), "w", encoding="utf-8") as out:
        for row in rows:
            out.write("\t".join(row) + "\n")


def unique(items):
    return [item for item in dict.fromkeys(item.strip() for item in items) if item and "\t" not in item and "|" not in item]


codes = [line.split("\t")[0] for line in open("/usr/share/zoneinfo/iso3166.tab") if not line.startswith("#")] + ["XK"]
core = package("cldr-core")
names = package("cldr-localenames-full") + "/main"
mapping = load(core + "/supplemental/codeMappings.json")["supplemental"]["codeMappings"]
contains = load(core + "/supplemental/territoryContainment.json")["supplemental"]["territoryContainment"]
zones = {}
for line in open("/usr/share/zoneinfo/zone.tab"):
    if not line.startswith("#"):
        cell = line.rstrip("\n").split("\t")
        zones.setdefault(cell[0], []).append(cell[2])
zones["XK"] = ["Europe/Belgrade"]


def within(region, code, seen=()):
    inside = contains.get(region, {}).get("_contains", []) + contains.get(region + "-status-grouping", {}).get("_contains", [])
    return code in inside or any(within(part, code, seen + (part,)) for part in inside if part not in seen)


rows = []
for code in codes:
    entry = mapping.get(code, {})
    regions = [word for number, word in REGIONS.items() if within(number, code)]
    rows.append([code, entry.get("_alpha3", ""), entry.get("_numeric", ""), ",".join(regions), ",".join(zones.get(code, []))])
write("countries.tsv", rows)

country_rows, language_rows, region_rows = [], [], []
iso = package("i18n-iso-countries") + "/langs"
main_languages = None
for language in LANGUAGES:
    folder = next(f for f in (language, {"nb": "no"}.get(language, language)) if os.path.isdir(f"{names}/{f}"))
    territories = load(f"{names}/{folder}/territories.json")["main"][folder]["localeDisplayNames"]["territories"]
    extra = {}
    for name in (language, {"nb": "no"}.get(language, "")):
        if name and os.path.exists(f"{iso}/{name}.json"):
            extra = load(f"{iso}/{name}.json")["countries"]
    for code in codes:
        more = extra.get(code, [])
        more = more if isinstance(more, list) else [more]
        all_names = unique([territories.get(code, "")] + [territories[key] for key in territories if key.startswith(code + "-alt")] + more)
        if all_names and all_names[0] != code:
            country_rows.append([language, code, "|".join(all_names)])
    for number, word in REGIONS.items():
        if number in territories:
            region_rows.append([language, word, territories[number]])
    words = load(f"{names}/{folder}/languages.json")["main"][folder]["localeDisplayNames"]["languages"]
    if main_languages is None:
        main_languages = sorted(key for key in words if "-" not in key and (len(key) == 2 or key in ("fil", "yue", "ckb", "haw", "chr", "tpi", "mni", "sat", "kok", "mai", "bho", "ceb", "ilo", "gsw", "nds", "prs", "tet", "wuu", "nan", "hmn", "kri", "pcm", "ase", "crs", "bem", "nyn", "luo", "kam", "mfe", "sgs", "nso")))
    for code in main_languages:
        all_names = unique([words[key] for key in words if key == code or key.startswith(code + "-alt")])
        if all_names and all_names[0] != code:
            language_rows.append([language, code, "|".join(all_names)])
write("country_names.tsv", country_rows)
write("language_names.tsv", language_rows)
write("region_names.tsv", region_rows)

rows = []
for path in sorted(glob.glob(package("i18n-nationality") + "/langs/*.json")):
    data = load(path)
    for code, word in data["nationalities"].items():
        if code in codes:
            rows.append([{"no": "nb"}.get(data["locale"], data["locale"]), code, "|".join(unique(word if isinstance(word, list) else word.split("/")))])
write("demonyms.tsv", rows)

# Old names of zones ("America/Montreal") as their present ones, where the tz database lists the old one for no country.
links = {}
for line in open("/usr/share/zoneinfo/tzdata.zi"):
    cell = line.split()
    if cell and cell[0] == "L":
        links[cell[2]] = cell[1]
listed = {zone for all_zones in zones.values() for zone in all_zones}
rows = {}
for city in load(package("city-timezones") + "/data/cityMap.json"):
    if not city["timezone"] or city["iso2"] not in codes:
        continue
    for name in unique([city["city"], city["city_ascii"]]):
        zone = city["timezone"]
        key = (name, city["iso2"], zone if zone in listed else links.get(zone, zone))
        rows[key] = max(rows.get(key, 0), int(city["pop"] or 0))
write("cities.tsv", [[*key, str(people)] for key, people in sorted(rows.items())])

rows = set()
for language in LANGUAGES:
    folder = {"nb": "no"}.get(language, language)
    data = load(f"{package('cldr-dates-full')}/main/{folder}/timeZoneNames.json")["main"][folder]["dates"]["timeZoneNames"]["zone"]

    def walk(node, path):
        for key, value in node.items():
            if key == "exemplarCity":
                rows.add((value, "/".join(path)))
            elif isinstance(value, dict) and key not in ("long", "short"):
                walk(value, path + [key])
    walk(data, [])
write("zone_cities.tsv", [list(row) for row in sorted(rows) if row[1] != "Etc/Unknown"])

# Months and weekdays, for the reading of dates in letters.
rows = []
for language in LANGUAGES:
    folder = {"nb": "no"}.get(language, language)
    calendar = load(f"{package('cldr-dates-full')}/main/{folder}/ca-gregorian.json")["main"][folder]["dates"]["calendars"]["gregorian"]
    for kind, keys in (("months", [str(n) for n in range(1, 13)]), ("days", "mon tue wed thu fri sat sun".split())):
        for number, key in enumerate(keys, 1):
            words = [calendar[kind][form][width][key] for form in ("format", "stand-alone") for width in ("wide", "abbreviated")]
            words = unique(word.rstrip(".") for word in words)
            # Numbers with a counter ("3月") are read by their own rule; a word of one letter says nothing.
            words = [word for word in words if len(word) > 2 and not word[0].isdigit()]
            if words:
                rows.append([kind[:-1], str(number), language, "|".join(words)])
write("../../mail/inbound/command/calendar.tsv", rows)
