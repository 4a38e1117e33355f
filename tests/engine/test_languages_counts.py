# ruff: noqa: RUF001 (other scripts)
"""Amounts, times, ordinals, genders, telephone numbers: what is mended, and what is near to it."""

import pytest

from engine.text import normalize
from tests.readings import readings

MENDED = {
    "fr": {
        "12,50 euros, 1.234,56 euros": (
            "Douze euros et cinquante centimes, mille deux cent trente-quatre euros et "
            "cinquante-six centimes."
        ),
        "le 80e anniversaire, le 200e": "le quatre-vingtième anniversaire, le deux centième.",
        "une 1/2 heure": "une 1/2 heure.",
        "Il fait 25° à l'ombre.": "Il fait vingt-cinq degrés à l'ombre.",
        "Tél. 61 234 567": "Tél. soixante et un deux cent trente-quatre cinq cent soixante-sept.",
        "-12,50 euros": "Moins douze euros et cinquante centimes.",
        "1 pomme, 1 cuillère, 1 gousse, 1 mère": "Une pomme, une cuillère, une gousse, une mère.",
    },
    "es": {
        "a las 8.30, a la 1.30": "a las ocho y treinta, a la una y treinta.",
        "desde las 8.30 hasta las 9.15": "desde las ocho y treinta hasta las nueve y quince.",
        "a las 17.45 horas": "a las diecisiete y cuarenta y cinco horas.",
        "12,50 euros": "Doce euros con cincuenta céntimos.",
        "91 123 45 67": "Noventa y uno ciento veintitrés cuarenta y cinco sesenta y siete.",
        "+34 612 345 678": (
            "+Treinta y cuatro seiscientos doce trescientos cuarenta y cinco seiscientos setenta "
            "y ocho."
        ),
        "llama al 912 345 678": (
            "llama al novecientos doce trescientos cuarenta y cinco seiscientos setenta y ocho."
        ),
        "1º premio, 3.º curso, 11º, 12º": "Primer premio, tercer curso, undécimo, duodécimo.",
        "el 5.o piso, la 3.a vez": "el quinto piso, la tercera vez.",
        "200 mil personas, 1 foto": "Doscientas mil personas, una foto.",
        "La 1 y 20, a la 1 de la tarde": "La una y veinte, a la una de la tarde.",
    },
    "it": {
        "alle 8.30, all'1.30": "alle otto e trenta, all'una e trenta.",
        "ore 9,30-12,30, sono le 9,15": (
            "ore nove e trenta a dodici e trenta, sono le nove e quindici."
        ),
        "-5 €, -3,20 euro": "Meno cinque euro, meno tre euro e venti centesimi.",
        "10 000 lire": "Diecimila lire.",
        "2° tempo, 1° classificato, 25° compleanno": (
            "Secondo tempo, primo classificato, venticinquesimo compleanno."
        ),
        "il 1 maggio": "il primo maggio.",
        "cell. 333 1234567": "cell. trecentotrentatré uno due tre quattro cinque sei sette.",
    },
    "pt": {
        "Às 14.30 horas, das 8.30 às 12.00": (
            "Às catorze horas e trinta, das oito horas e trinta às doze horas."
        ),
        "2 irmãs, 2 maçãs, 2 colheres, 1 ordem": (
            "Duas irmãs, duas maçãs, duas colheres, uma ordem."
        ),
        "-R$ 12,50": "Menos doze reais e cinquenta centavos.",
        "1 nuvem, 2 corações": "Uma nuvem, dois corações.",
        "2 mil pessoas, 200 mil pessoas": "Duas mil pessoas, duzentas mil pessoas.",
        "1/2 hora": "1/2 hora.",
    },
    "nl": {
        "Om 20.30 u. begint het.": "Om twintig uur dertig begint het.",
        "om 8u30, om 8 u.": "om acht uur dertig, om acht uur.",
        "20 000 mensen, € 5,-": "Twintigduizend mensen, vijf euro.",
        "van 8u tot 10u, -€ 5,-": "van acht uur tot tien uur, min vijf euro.",
        "Op 1 jan. 2020": "Op één jan. tweeduizendtwintig.",
    },
    "ar": {
        "3 سنوات، 5 دقائق، 10 مرات": "ثلاث سنوات، خمس دقائق، عشر مرات.",
        "15 سنة، 21 سنة، 8 سنوات": "خمس عشرة سنة، إحدى وعشرون سنة، ثماني سنوات.",
        "منذ 20 عاما، عام 1990": "منذ عشرين عاما، عام ألف وتسعمائة وتسعين.",
        "سنة 2012، في 12 يوما": "سنة ألفين واثنتي عشرة، في اثني عشر يوما.",
        "101000، 2000000000": "مائة ألف وألف، ملياران.",
        "القرن الـ19، القرن 21": "القرن التاسع عشر، القرن الحادي والعشرين.",
        "القرنين 19 و20": "القرنين التاسع عشر والعشرين.",
    },
    "hi": {
        "1857 की क्रांति, 1900 में": "अट्ठारह सौ सत्तावन की क्रांति, उन्नीस सौ में.",
        "6वीं सदी": "छठवीं सदी.",
        "19वीं सदी, 10वें दिन": "उन्नीसवीं सदी, दसवें दिन.",
        "1ला 2री 4था 6ठी": "पहला दूसरी चौथा छठी.",
    },
}
NEAR = {
    "fr": {
        "3,141 euros, 12,5 euros": ("Trois virgule un quatre un euros, douze virgule cinq euros."),
        "2,50 livres de beurre": "Deux virgule cinq zéro livres de beurre.",
        "un tel 10 000 mètres, 10 000 2020": "un tel dix mille mètres, dix mille deux mille vingt.",
        "12 450 13 200 11 900": (
            "Douze mille quatre cent cinquante treize mille deux cents onze mille neuf cents."
        ),
        "2020 12 000, +12 450 francs": (
            "Deux mille vingt douze mille, +douze mille quatre cent cinquante francs."
        ),
        "le 20° et le 19°, art. 10° du code": ("le vingt° et le dix-neuf°, art. dix° du code."),
        "9h/12h": "Neuf heures/douze heures.",
        "1° d'abord, le 25° jour": "Un° d'abord, le vingt-cinq° jour.",
        "01 23 45 67 89": "Zéro un vingt-trois quarante-cinq soixante-sept quatre-vingt-neuf.",
    },
    "es": {
        "8.30 kg, a las 8.300 personas": (
            "Ocho coma tres cero kg, a las ocho mil trescientas personas."
        ),
        "7.50 horas diarias, a las 12.50 pesos": (
            "Siete coma cinco cero horas diarias, a las doce coma cinco cero pesos."
        ),
        "5.a@x.es, Nokia 3.a es": "Cinco.a@x.es, Nokia tres.a es.",
        "El 3.º lo ganó, el 1.º quiso, el 1.º por delante": (
            "El tercero lo ganó, el primero quiso, el primero por delante."
        ),
        "3.141 euros": "Tres mil ciento cuarenta y un euros.",
        "1.º de mayo. El 3º llegó tarde.": "Primero de mayo. El tercero llegó tarde.",
        "En 2020 10 000 personas": "En dos mil veinte diez mil personas.",
        "La 1 y La 2, 21 mil euros": "La uno y La dos, veintiún mil euros.",
        "2 mil euros": "Dos mil euros.",
    },
    "it": {
        "le 5.30 sterline, alle 8,30 sterline": (
            "le cinque virgola tre zero sterline, alle otto virgola tre zero sterline."
        ),
        "all'1,50 per cento, delle 2,50 tonnellate": (
            "all'uno virgola cinque zero per cento, delle due virgola cinque zero tonnellate."
        ),
        "cresce all'1,20 nel 2020": "cresce all'uno virgola due zero nel duemilaventi.",
        "90° tempo di cottura, a 2° tempo sereno": (
            "Novanta° tempo di cottura, a due° tempo sereno."
        ),
        "alle 8.30 l'aereo, alle 10.30 per andare": (
            "alle otto e trenta l'aereo, alle dieci e trenta per andare."
        ),
        "25° verso sud, l'1 maggio, 11 maggio": (
            "Venticinque° verso sud, l'uno maggio, undici maggio."
        ),
    },
    "pt": {
        "2 clãs, 2 xamãs, 1 amanhã": "Dois clãs, dois xamãs, um amanhã.",
        "ligou para 200 000 pessoas": "ligou para duzentas mil pessoas.",
        "às 8.50 por cento, dura 1.50 horas": (
            "às oito vírgula cinco zero por cento, dura um vírgula cinco zero horas."
        ),
        "20.o@x.es": "Vinte.o@x.es.",
        "1 talismã, 1 mil pessoas": "Um talismã, um mil pessoas.",
        "8.30 kg, 2 mil reais": "Oito vírgula três zero kg, dois mil reais.",
    },
    "nl": {
        "Om 8 u bellen? De 8 u's.": "Om acht u bellen? De acht u's.",
        "Het kost 20.30 u weet": "Het kost twintig komma drie nul u weet.",
        "Het gaat om 3.14. Om 3.50 miljoen.": (
            "Het gaat om drie komma één vier. Om drie komma vijf nul miljoen."
        ),
        "om 12.50 mensen, om 1.50 kilometer": (
            "om twaalf komma vijf nul mensen, om één komma vijf nul kilometer."
        ),
        "rack 2u server, versie 2.10 u": "rack twee u server, versie twee komma één nul u.",
        "8.30 kg": "Acht komma drie nul kg.",
    },
    "ar": {
        "3 أقلام، 5 دولارات": "ثلاثة أقلام، خمسة دولارات.",
        "10 بالمئة، 2,000 و": "عشرة بالمئة، ألفان و.",
        "4 أجهزة، 7 أدوية، 9 طلبة، 3 أساتذة": ("أربعة أجهزة، سبعة أدوية، تسعة طلبة، ثلاثة أساتذة."),
        "8 أصوات، 5 أخوات، 3 أزمات، 15 أسرة": (
            "ثمانية أصوات، خمس أخوات، ثلاث أزمات، خمس عشرة أسرة."
        ),
        "القرن 5هـ": "القرن خمسة هـ.",
        "20 مليون": "عشرون مليون.",
        "قبل 20 مليون": "قبل عشرين مليون.",
    },
    "hi": {
        "1,857 लोग, 2020 में": "एक हज़ार आठ सौ सत्तावन लोग, दो हज़ार बीस में.",
        "6वाला": "छः वाला.",
    },
}


@pytest.mark.parametrize(("code", "text", "said"), readings(MENDED, NEAR))
def test_reading(code: str, text: str, said: str) -> None:
    assert normalize(text, code) == said
    assert normalize(said, code) == said
