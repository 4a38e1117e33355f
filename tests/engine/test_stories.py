"""What novels are full of: titles, streets, old money, times, interrupted speech."""

import pytest

from engine.text import normalize

CASES = {
    # saints and streets
    "Mount St. Helens, East St. Louis, Jill St. John": (
        "Mount Saint Helens, East Saint Louis, Jill Saint John."
    ),
    "In 1890 Neville St. Clair left. See Dr. No.": (
        "In eighteen ninety Neville Saint Clair left. See Doctor No."
    ),
    "Main St., Springfield. Elm Grove St. He left": (
        "Main Street, Springfield. Elm Grove Street. He left."
    ),
    "5th St. Station, Wall St. Journal, Rodeo Dr. He": (
        "Fifth Street Station, Wall Street Journal, Rodeo Drive. He."
    ),
    "at 22 Acacia St. Mary lives, 221B Old Dr. Rome": (
        "at twenty-two Acacia Street Mary lives, two hundred and twenty-one B Old Drive Rome."
    ),
    # titles
    "Dr. and Mrs. Jones, Rev. and Mrs. Low, Prof. and Dr. Lee": (
        "Doctor and Missus Jones, Reverend and Missus Low, Professor and Doctor Lee."
    ),
    "Dr Watson, St John, Prof Lee, Capt Hook, Sgt Pepper, Lt Col Blimp": (
        "Doctor Watson, Saint John, Professor Lee, Captain Hook, Sergeant Pepper, "
        "Lieutenant Colonel Blimp."
    ),
    "Gen Z, Rev up": "Gen Z, Rev up.",
    "Mr and Mrs Low, Mrs or Mr Bell, Dr & Mrs Day. Is it Mr or Mrs?": (
        "Mister and Missus Low, Missus or Mister Bell, Doctor and Missus Day. "
        "Is it Mister or Missus?"
    ),
    "Mr.Low, Dr.Low of St.Paul. A Dr and an MS": (
        "Mister Low, Doctor Low of Saint Paul. A Dr and an MS."
    ),
    "Mon. 3 June, Tues. 4th of May, Sat May 5. He sat. Mar 5. The Sun. March on! On Sat. he left": (
        "Monday, the third of June, Tuesday, the fourth of May, Saturday, May fifth. He sat. "
        "March fifth. The Sun. March on! On Sat. he left."
    ),
    "12 st. 4 lbs., 100 yds of it, 3 yrs, 40 sq. ft. wide. He lost 2 st. Four came": (
        "Twelve stone four pounds, one hundred yards of it, three years, forty square feet wide. "
        "He lost two st. Four came."
    ),
    "5 x 4 = 20, 2 x 3 x 5 = 30, a 2 x 4 board": (
        "Five times four equals twenty, two times three times five equals thirty, "
        "a two by four board."
    ),
    # wars and years
    "After WWI came WWII, and WW2's end. See WW1-19, not WWIII": (
        "After World War one came World War two, and World War two's end. "
        "See WW one-nineteen, not World War three."
    ),
    "Copyright MCMXLVIII, done in MDCCLXXVI. A MIX, some MILL, MDMA": (
        "Copyright nineteen forty-eight, done in seventeen seventy-six. A MIX, some MILL, MDMA."
    ),
    "Maj. Jay, Lieut. Jay, Adm. Jay, Cpl. Jay, Pvt. Jay, Fr. Jay": (
        "Major Jay, Lieutenant Jay, Admiral Jay, Corporal Jay, Private Jay, Father Jay."
    ),
    "Insp. Jay, Supt. Jay, Det. Jay, Messrs. Jay, Mme. Jay, Mlle. Jay": (
        "Inspector Jay, Superintendent Jay, Detective Jay, Messers Jay, Madame Jay, "
        "Mademoiselle Jay."
    ),
    "Sgt. Maj. Jones, Maj. Gen. Low, Rt. Hon. Lee, Drs. Low and Lee": (
        "Sergeant Major Jones, Major General Low, Right Honorable Lee, Doctors Low and Lee."
    ),
    # amounts before nouns
    "a $5 bill, a \u00a310 note, a $2 million house, an $8.50 fare, a 5\u00a2 stamp": (
        "a five dollar bill, a ten pound note, a two million dollar house, an eight dollar and "
        "fifty cent fare, a five cent stamp."
    ),
    "the $100-a-day habit, the $64,000 question, $50 fines, a $2-million flat": (
        "the one hundred dollar-a-day habit, the sixty-four thousand dollar question, "
        "fifty dollar fines, a two million dollar flat."
    ),
    "cost a $20. I have $5 here": "cost a twenty dollars. I have five dollars here.",
    "a 5 km run, 5 km away": "a five kilometer run, five kilometers away.",
    "He swam a 5 km in it. It is a 10 km from town, a 50 kg or so": (
        "He swam a five kilometers in it. It is a ten kilometers from town, "
        "a fifty kilograms or so."
    ),
    "Give me a $20 and go. For a \u00a35 she sang. He had $2-million in it": (
        "Give me a twenty dollars and go. For a five pounds she sang. He had two million dollars "
        "in it."
    ),
    "I paid $5 tips included, $50 tip included, $5-ish": (
        "I paid five dollars tips included, fifty dollars tip included, five dollars-ish."
    ),
    # old money
    "3s. 6d.": "Three shillings and six pence.",
    "1s.": "One shilling.",
    "\u00a310 10s. a year, \u00a33 4s. 6d. He left": (
        "Ten pounds ten shillings a year, three pounds four shillings and six pence. He left."
    ),
    "\u00a31 1d. for 2s 6\u00bdd. of it": (
        "One pound and one penny for two shillings and six and a half pence of it."
    ),
    "He owed 30s. to me. It cost 1s. Then": (
        "He owed thirty shillings to me. It cost one shilling. Then."
    ),
    "He ran 12s. Then the 60s. were over, in 30s": (
        "He ran twelve seconds. Then the sixties. were over, in thirties."
    ),
    "They sold it for 10s. and left; 5s. each": (
        "They sold it for ten shillings and left; five shillings each."
    ),
    "He spent the '60s. He sold cars in the \u201970s. It was paid in the '40s.": (
        "He spent the sixties. He sold cars in the seventies. It was paid in the forties."
    ),
    "the swinging 60s. Then those 70s. They, in their 30s. and 40s. came": (
        "the swinging sixties. Then those seventies. They, in their thirties. and forties. came."
    ),
    "He waited for 10s. and then left. A delay of 5s. was seen.": (
        "He waited for ten seconds and then left. A delay of five seconds was seen."
    ),
    "The 5s and 3d art, 6s, 3d touch, the 30s and 4d films, \u00a35 and 3d glasses": (
        "The five seconds and three d art, six seconds, three d touch, the thirties and four d "
        "films, five pounds and three d glasses."
    ),
    "6d. is no money": "Six d. is no money.",
    "tea, &c. and coffee, &c. He left": "tea, et cetera and coffee, et cetera. He left.",
    # fractions
    "1\u215e, 2\u215c inches": "One and seven eighths, two and three eighths inches.",
    "a 2\u215b": "a two and an eighth.",
    # numbers that are called, and times
    "Call 911! He dialled 999, ringing 112. The 911 operator": (
        "Call nine one one! He dialled nine nine nine, ringing one one two. "
        "The nine one one operator."
    ),
    "called 911 people, rang 112 bells, dialled 999 minutes later": (
        "called nine hundred and eleven people, rang one hundred and twelve bells, "
        "dialled nine nine nine minutes later."
    ),
    "1400 hours, at 1430 hours, 0605 hours, at 0000 hours, at 8.15 hours": (
        "Fourteen hundred hours, at fourteen thirty hours, oh six oh five hours, "
        "at zero hundred hours, at eight fifteen hours."
    ),
    "at 0600, by 0730": "at oh six hundred, by oh seven thirty.",
    "1000 hours, 1450 hours of it, code 0600": (
        "One thousand hours, one thousand four hundred and fifty hours of it, "
        "code zero six zero zero."
    ),
    "We left at 8.15, met him at 17.45. The 4.50 from Paddington; he caught the 9.05 to Rome.": (
        "We left at eight fifteen, met him at seventeen forty-five. The four fifty from "
        "Paddington; he caught the nine oh five to Rome."
    ),
    "dinner at 8.15, at 8.15 sharp, at 8.15 that night, at 8.15 on Monday": (
        "dinner at eight fifteen, at eight fifteen sharp, at eight fifteen that night, "
        "at eight fifteen on Monday."
    ),
    "left at 8.15%, left at 8.15 km, sold at 8.15 sharp, the 3.14 value, at 8.15": (
        "left at eight point one five percent, left at eight point one five kilometers, sold at "
        "eight point one five sharp, the three point one four value, at eight point one five."
    ),
    "The pound closed at 1.25 on Monday. Inflation is at 2.50 this month, at 3.45 in May.": (
        "The pound closed at one point two five on Monday. Inflation is at two point five zero "
        "this month, at three point four five in May."
    ),
    "Clocked at 9.58. Pi is at 3.14. ERA at 3.21 led. The 1.30 to 2.30 range": (
        "Clocked at nine point five eight. Pi is at three point one four. ERA at three point two "
        "one led. The one point three zero to two point three zero range."
    ),
    "The 5.30 out of ten. He missed the 2.50 target": (
        "The five point three zero out of ten. He missed the two point five zero target."
    ),
    "after 2000 hours of work, about 2000 hours of practice, by 2000 hours a year": (
        "after two thousand hours of work, about two thousand hours of practice, "
        "by two thousand hours a year."
    ),
    "limited to 2000 hours per year, fails after 1000 hours, at 1900 hours of it": (
        "limited to two thousand hours per year, fails after one thousand hours, "
        "at one thousand nine hundred hours of it."
    ),
    "At 1400 hours, at 2000 hours, after 1430 hours": (
        "At fourteen hundred hours, at twenty hundred hours, after fourteen thirty hours."
    ),
    "From 0600 to 0700, at 0600 to 0700, from 0001 to 0050, before 0600": (
        "From oh six hundred to oh seven hundred, at oh six hundred to oh seven hundred, "
        "from zero zero zero one to zero zero five zero, before oh six hundred."
    ),
    "chmod to 0755. Set the mode to 0644. Change the PIN to 0123. A code at 0644": (
        "chmod to zero seven five five. Set the mode to zero six four four. "
        "Change the PIN to zero one two three. A code at zero six four four."
    ),
    "Enter code 0412 to 0500. After 0100 tests": (
        "Enter code zero four one two to zero five zero zero. After zero one zero zero tests."
    ),
    "The scale starts at 1.00. It left borrowing costs at 5.25": (
        "The scale starts at one point zero zero. It left borrowing costs at five point two five."
    ),
    "Training loss started at 2.31. We left the pH at 7.40. Blood sugar came back at 5.40": (
        "Training loss started at two point three one. We left the pH at seven point four zero. "
        "Blood sugar came back at five point four zero."
    ),
    "It came at 4.50 stars, started at 9.15 to the dollar. Tickets start at 12.50 for adults": (
        "It came at four point five zero stars, started at nine point one five to the dollar. "
        "Tickets start at twelve point five zero for adults."
    ),
    "Beer starts at 3.50 here. Memberships start at 19.50": (
        "Beer starts at three point five zero here. Memberships start at nineteen point five zero."
    ),
    "Answer calls 999 and 1000, calls 112 to 118. A call 911 seconds long": (
        "Answer calls nine hundred and ninety-nine and one thousand, calls one hundred and twelve "
        "to one hundred and eighteen. A call nine hundred and eleven seconds long."
    ),
    "In 1066, until 1099, 14 October 1066": (
        "In ten sixty-six, until ten ninety-nine, the fourteenth of October, ten sixty-six."
    ),
    "in 1024 bytes, in 1001, 1066": (
        "in one thousand and twenty-four bytes, in one thousand and one, "
        "one thousand and sixty-six."
    ),
    # interrupted speech
    '"I am\u2014" She stopped. "But\u2014" "No."': '"I am." She stopped. "But." "No."',
    "\u201cBut \u2014\u201d he said. \u201cNo--\u201d": '"But," he said. "No."',
    "'I am\u2014' he said. \"Well-\" she said": "'I am,' he said. \"Well,\" she said.",
    '"Who\u2014?" he said\u2014"you\u2014", he said': '"Who?" he said, "you", he said.',
    '"I\u2014" Tom stammered. "He\u2014" Mrs. Bennet exclaimed. "I\u2014" I put in.': (
        '"I," Tom stammered. "He," Missus Bennet exclaimed. "I," I put in.'
    ),
    '"The man\u2014" Elizabeth laughed\u2014"is a fool." "He\u2014" The door flew\u2014"oh."': (
        '"The man," Elizabeth laughed, "is a fool." "He," The door flew, "oh."'
    ),
    '"I am (he)" she said': '"I am, he," she said.',
    '"What the...?" "Wha...!"': '"What the...?" "Wha...!"',
}


@pytest.mark.parametrize("text", CASES)
def test_reading(text: str) -> None:
    assert normalize(text) == CASES[text]
    assert normalize(CASES[text]) == CASES[text]
