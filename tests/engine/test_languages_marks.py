# ruff: noqa: RUF001 (other scripts)
"""Hyphens, dashes, brackets, shortened words and titles in other languages than English."""

import time

import pytest

from engine.text import normalize, plan_text
from tests.readings import readings

MENDED = {
    "nl": {
        "De in- en uitgang, voor- of nadelen": "De in- en uitgang, voor- of nadelen.",
        "De in-\nen uitgang": "De in- en uitgang.",
    },
    "fr": {
        "les franco- et anglophones, c.-à-d. ici": "les franco- et anglophones, c.-à-d. ici.",
        "Ciao\n– disse-t-il –\net partit.": "Ciao, disse-t-il, et partit.",
        "voir p. 12, chap. 3": "voir p. douze, chap. trois.",
        "Il dit « oui » et « non ». (« Bon »)": 'Il dit "oui" et "non". "Bon".',
        "Ça va ? « Je vais bien.": 'Ça va? "Je vais bien.',
        "Merci beaucoup. » Il part.": 'Merci beaucoup." Il part.',
        "l\u2019« État », **« Oui »**, un/« expert »": 'l\'"État", "Oui", un/"expert".',
    },
    "de": {
        "Er sagte »Ja« und »Nein« zu ihr.": 'Er sagte "Ja" und "Nein" zu ihr.',
        "Sie sagte: »-5 Grad?« Er rief: »(Ja)!« Ich: »*Ja*.«": (
            'Sie sagte: "minus fünf Grad?" Er rief: "Ja!" Ich: "Ja."'
        ),
    },
    "es": {
        "-Hola -dijo él-.": "Hola, dijo él.",
        "-¿Qué tal estás -dijo ella.": "¿Qué tal estás, dijo ella.",
        "Que no -según él- llueve.": "Que no, según él, llueve.",
        "los efectos pre- y posoperatorios": "los efectos pre- y posoperatorios.",
        "Véase pág. 5 y núm. 3.": "Véase pág. cinco y núm. tres.",
    },
    "it": {
        "Vieni\n– disse lei – con me.": "Vieni, disse lei, con me.",
        "v. pag. 5": "v. pag. cinque.",
    },
    "pt": {"Vou\n— disse ele.": "Vou, disse ele."},
    "en": {
        "The pre- and post-war years": "The pre- and post-war years.",
        "a short- or long-term plan": "a short- or long-term plan.",
        "two-, three- and four-year-olds": "two-, three- and four-year-olds.",
        "pre- and postnatal care": "pre- and postnatal care.",
    },
    "ar": {
        "(نعم)، ثم (لا)؟": "نعم، ثم, لا؟",
        "هل؟ — نعم": "هل؟ نعم.",
        "كتــاب جميل": "كتاب جميل.",
        "ﻛﺘﺎﺏ ﷺ": "كتاب صلى الله عليه وسلم.",
    },
    "hi": {
        "लाख। (देखो)।": "लाख। देखो।",
        "डा० सिंह, रु० 50, उ० प्र०": "डा॰ सिंह, रु॰ पचास, उ॰ प्र॰.",
    },
}
NEAR = {
    "nl": {
        "Hij kwam - en ging.": "Hij kwam, en ging.",
        "Hij was er al. 20 man, et al. 20": "Hij was er al. Twintig man, et al. twintig.",
        "Het is vol. 5 man. Dat geef ik u. 5 man": (
            "Het is vol. Vijf man. Dat geef ik u. Vijf man."
        ),
    },
    "it": {"Vinse tre set. 20 persone": "Vinse tre set. Venti persone."},
    "pt": {"Eram dez. 20 homens. Ao mar. 2": "Eram dez. Vinte homens. Ao mar. Dois."},
    "fr": {
        "Liste\n– pommes\n– poires": "Liste. pommes. poires.",
        "Il a pris le vol. 20 hommes": "Il a pris le vol. Vingt hommes.",
        "Il dit – et rit.": "Il dit, et rit.",
    },
    "es": {
        "JUAN.-Hola": "JUAN.-Hola.",
        "-Hola -dijo él- y se fue.": "Hola, dijo él, y se fue.",
        "la opción -shared no vale": "la opción shared no vale.",
        "-mips16 no vale con -shared": "mips dieciséis no vale con shared.",
        "Dijo que no. 3 hombres vinieron.": "Dijo que no. Tres hombres vinieron.",
    },
    "de": {"Liste:\n– äpfel": "Liste: äpfel."},
    "en": {
        "He came- and went.": "He came, and went.",
        "He came - and ten half-mad men went.": "He came, and ten half-mad men went.",
        "- apples\n– pears": "apples. pears.",
    },
    "ar": {"هـ 5": "هـ خمسة.", "الـ DNA": "الـ DNA."},
    "hi": {"संख्या ०, १००, ५०.५": "संख्या शून्य, एक सौ, पचास दशमलव पाँच."},
}


@pytest.mark.parametrize(("code", "text", "said"), readings(MENDED, NEAR))
def test_reading(code: str, text: str, said: str) -> None:
    assert normalize(text, code) == said
    assert normalize(said, code) == said


@pytest.mark.parametrize(
    ("code", "sentences"),
    [
        ("nl", ["Ik zag mevr. Jansen en ds. Kuiper met fam. Bos hier.", "Ja."]),
        ("fr", ["La coll. Folio est là, Mr. Dupont aussi.", "Oui."]),
        ("es", ["Vi a Mons. Romero y a Dña. Ana con SS. MM. los Reyes.", "Sí."]),
        ("pt", ["O Pe. António viu a Srta. Ana na Av. Brasil.", "Sim."]),
        ("hi", ["डॉ. शर्मा और प्रो. वर्मा कि.मी. चले।", "वह गया।"]),
        ("hi", ["ए. पी. सिंह आए.", "वह गया."]),
        ("ar", ["هل (جئت)؟", "نعم."]),
        ("de", ["Das war Ina.", "Else ging."]),
    ],
)
def test_titles_end_no_sentence(code: str, sentences: list[str]) -> None:
    said = [normalize(sentence, code) for sentence in sentences]
    longest = max(map(len, said))
    assert plan_text(" ".join(sentences), language=code, max_chars=longest) == said


@pytest.mark.parametrize("code", ["de", "nl", "es", "en", "ar", "hi"])
def test_time_for_hostile_text(code: str) -> None:
    normalize("pre- and 1", code)
    for unit in ["a- ", "a-, ", "a -a", "\n– a", "،", ", ،", "a.-", "۰०", "1. \n", "Tel. 1 "]:
        text = "a" + unit * (8_000 // len(unit))
        start = time.process_time()
        normalize(text, code)
        assert time.process_time() - start < 0.8, unit
