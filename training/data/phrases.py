"""Word lists and sentence patterns for texts that prose does not hold often enough.

A slot `{name}` is filled from `SLOTS[name]` (which may hold slots itself) or, for numbers, by
`training.data.templates`. All of this was written for this project.
"""


def split_list(lines: str) -> tuple[str, ...]:
    """The items of a list with bars between them."""
    return tuple(item.strip() for item in lines.replace("\n", " ").split("|") if item.strip())


SLOTS: dict[str, tuple[str, ...]] = {
    "first": split_list(
        "Anna|Ben|Clara|David|Emma|Frank|Grace|Henry|Ivy|Jack|Kate|Leo|Maria|Noah|Olivia|Peter|"
        "Rose|Sam|Tom|Uma|Victor|Wendy|Yusuf|Zoe|Alice|Brian|Carlos|Diana|Ethan|Fiona|George|"
        "Hannah|Ian|Julia|Kevin|Laura|Michael|Nina|Oscar|Paul|Rachel|Simon|Tara|Walter|Amir|"
        "Beth|Chloe|Daniel|Elena|Felix|Gina|Hugo|Isabel|James|Karen|Lucas|Mia|Nathan|Priya|Ruth"
    ),
    "last": split_list(
        "Smith|Brown|Taylor|Walker|Green|Baker|Carter|Cooper|Evans|Foster|Garcia|Hughes|Johnson|"
        "Kim|Lewis|Martin|Nelson|Parker|Reed|Scott|Turner|Ward|Wilson|Young|Adams|Bennett|Clark"
    ),
    "city": split_list(
        "London|Paris|Boston|Chicago|Denver|Dublin|Madrid|Berlin|Rome|Tokyo|Oxford|Vienna|Lisbon|"
        "Seattle|Toronto|Sydney|Cairo|Geneva|Oslo|Prague|New York|San Diego|Cape Town|Mexico City"
    ),
    "country": split_list(
        "France|Canada|Japan|Spain|Italy|Kenya|India|Norway|Brazil|Greece|Ireland|Mexico|Poland|"
        "Portugal|Sweden|Egypt|Chile|Germany|Scotland|Australia"
    ),
    "who": split_list(
        "my sister|my brother|the old man|our teacher|the doctor|a young woman|the driver|the boy|"
        "my neighbour|the shopkeeper|the captain|her mother|his father|their uncle|the nurse|we|"
        "they|she|he|I|you|everyone|nobody|the children|our friends|the farmer|the cook|the girl|"
        "my aunt|the postman|the waiter|a stranger|the baker|the gardener|{first}|{first}|{first}|"
        "{first}|{first} and {first}|the twins|my grandmother|the old dog|the black cat"
    ),
    "did": split_list(
        "found {a_thing} {place}|left {the_thing} {place}|bought {a_thing} {when}|"
        "walked slowly {toward}|ran quickly {toward}|looked at {the_thing} for a long while|"
        "carried {the_thing} {toward}|waited {place} {when}|put {the_thing} {place}|"
        "forgot about {the_thing}|asked for {a_thing}|wanted to see {the_thing}|"
        "talked about {topic} {when}|laughed and closed the door|opened the window {when}|"
        "sat quietly {place}|lost {the_thing} {when}|painted {the_thing} {colour}|"
        "cooked {food} {when}|ate {food} {place}|drove {toward} {when}|heard a noise {place}|"
        "wrote a long letter about {topic}|read a book about {topic}|slept well {when}|"
        "fixed {the_thing} {when}|thought about {topic}|smiled and said nothing|"
        "gave {the_thing} to {first}|saw {first} {place}|met {first} {place} {when}|"
        "sang a quiet song {place}|stood {place} and watched the rain|cleaned the kitchen {when}|"
        "told us a story about {topic}|planted {colour} flowers {place}|missed the bus {when}|"
        "could not find {the_thing}|never liked {food}|always enjoyed {food}"
    ),
    "thing": split_list(
        "book|key|coat|hat|lamp|chair|table|clock|map|letter|picture|bottle|bicycle|camera|basket|"
        "blanket|box|bag|shoe|ring|glove|ticket|phone|cup|plate|knife|spoon|pencil|mirror|ladder|"
        "boat|kite|radio|guitar|piano|drum|umbrella|wallet|watch|scarf|toy|brush|candle|pillow|"
        "carpet|newspaper|suitcase|jacket|garden hose|wooden box|paper bag|glass bowl|old coin"
    ),
    "adj": split_list(
        "small|large|old|new|heavy|light|bright|dark|warm|cold|broken|clean|dirty|soft|hard|round|"
        "long|short|cheap|strange|beautiful|plain|quiet|loud|empty|full|wet|dry|thin|thick|narrow|"
        "wide|sharp|smooth|rough|fresh|sweet|bitter|gentle|simple"
    ),
    "colour": split_list(
        "red|blue|green|yellow|white|black|brown|grey|orange|purple|pink|dark blue|light green"
    ),
    "a_thing": split_list(
        "a {adj} {thing}|a {colour} {thing}|the {thing}|another {thing}|this {thing}"
    ),
    "the_thing": split_list(
        "the {thing}|the {adj} {thing}|the {colour} {thing}|my {thing}|her {adj} {thing}|"
        "his {thing}|that {thing}|our {adj} {thing}"
    ),
    "place": split_list(
        "in the kitchen|at the station|near the river|under the bridge|on the roof|by the window|"
        "behind the house|in the garden|at school|in the library|on the table|in the park|"
        "outside the shop|at the market|in front of the church|beside the road|on the beach|"
        "in the forest|on the train|at home|in the middle of the street|upstairs|at the airport|"
        "next to the fire|in a quiet village|at the top of the hill|in {city}|in {city}|"
        "on the farm|under the bed|in the hospital|at the end of the hall"
    ),
    "toward": split_list(
        "toward the sea|to the station|across the field|down the road|up the hill|through the gate|"
        "into the house|along the beach|back to the village|over the bridge|around the lake|"
        "to the market|out of the room|past the church|to {city}"
    ),
    "when": split_list(
        "yesterday|this morning|last night|on {day}|in {month}|before lunch|after dinner|"
        "at midnight|last summer|two weeks ago|every evening|just now|an hour ago|at noon|"
        "in the afternoon|before sunrise|after the rain|during the winter|early in the spring|"
        "once a week|later that day|on a cold day in {month}"
    ),
    "topic": split_list(
        "the weather|music|the war|her garden|his work|the moon|wild birds|old ships|"
        "the new school|football|cooking|money|the future|their holiday|history|the price of bread|"
        "ancient kings|the ocean|space travel|computers|good food|the neighbours|"
        "winter sports|the next election"
    ),
    "food": split_list(
        "bread and butter|chicken soup|an apple|fresh fish|rice and beans|a bowl of cereal|toast|"
        "fried eggs|chocolate cake|a cheese sandwich|tomato salad|potatoes|warm milk|pancakes|"
        "roast beef|grapes|noodles|a slice of pizza|ice cream|vegetable stew|strawberries"
    ),
    "job": split_list(
        "teacher|doctor|lawyer|farmer|writer|nurse|painter|pilot|sailor|driver|engineer|singer|"
        "carpenter|scientist|manager|dentist|judge|baker|soldier|student"
    ),
    "day": split_list("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"),
    "month": split_list(
        "January|February|March|April|May|June|July|August|September|October|November|December"
    ),
    "weather": split_list(
        "sunny|cloudy|windy|foggy|rainy|cold|warm|hot and dry|wet and grey|clear and bright|mild"
    ),
    "feel": split_list(
        "happy|tired|hungry|angry|worried|proud|sad|excited|bored|surprised|afraid|calm|lonely|sure"
    ),
    "because": split_list(
        "because it was late|because the shop was closed|although it was raining|"
        "while the others were asleep|but nobody noticed|and then went home|so we stayed inside|"
        "when the bell rang|until the sun went down|as soon as the train arrived|"
        "if the road is open|before the guests arrived|and everybody laughed|"
        "but it did not matter|since there was nothing else to do|after the music stopped"
    ),
}

EVERYDAY = split_list(
    "{who} {did}.|{who} {did}.|{who} {did}.|{who} {did} {because}.|{when}, {who} {did}.|"
    "{who} {did}, and {who} {did}.|{who} {did}, but {who} {did}.|The {thing} is {place}.|"
    "The {adj} {thing} was {colour}.|It will be {weather} in {city} tomorrow.|"
    "It was {weather} {place} {when}.|I feel {feel} today.|Why are you so {feel}?|"
    "Where did you put {the_thing}?|Have you seen {the_thing}?|Who left {the_thing} {place}?|"
    "Could you bring me {a_thing}, please?|Please put {the_thing} {place}.|"
    "Do you know where {first} lives?|How was your trip to {city}?|"
    "What do you think about {topic}?|Would you like {food}?|When does the train to {city} leave?|"
    "Why did {first} go to {country}?|Is {first} coming on {day}?|"
    "Can we talk about {topic}?|Did {first} call you {when}?|"
    "My name is {first} {last}.|This is {first} {last} from {city}.|{first} {last} is a {job}.|"
    "Good morning, {first}.|Hello, {first}, how are you today?|Thank you, {first}.|"
    "Nice to meet you, {first}.|Good night, {first}, sleep well.|Welcome to {city}.|"
    '"I am {feel}," said {first}.|"Where is {the_thing}?" asked {first}.|'
    '{first} said, "please wait {place}."|"Don\'t forget {the_thing}," she said.|'
    "There is {food} {place}.|We had {food} for breakfast.|Don't leave {the_thing} {place}.|"
    "I can't find {the_thing}.|It's {weather} today, isn't it?|She's never been to {country}.|"
    "We're going to {city} {because}.|They've lived in {country} for years.|"
    "{who} didn't see {the_thing}.|{first} couldn't find {the_thing}.|I'll meet you {place}.|"
    "That's not my {thing}.|What's {place}?|Who's coming on {day}?|You're always so {feel}.|"
    "He's a {job} in {city}.|I'm not {feel}, I'm {feel}.|There's {a_thing} {place}.|"
    "We won't be {place} on {day}.|It wasn't {weather} {when}.|{first}'s {thing} is {colour}.|"
    "I've lost {the_thing}.|They'd never been to {city}.|She doesn't like {food}.|"
    "Aren't you {feel}?|You shouldn't worry about {topic}.|The {job}'s {thing} isn't {adj}.|"
    "If you see {first}, give {first} {the_thing}.|{first} wants to be a {job}.|"
    "The {job} {did}.|A {job} from {city} {did}.|What a {adj} {thing}!|How {feel} they were!|"
    "Look, there is {a_thing} {place}!|No, I don't want {food}.|Yes, {the_thing} is {colour}.|"
    "First, open the {thing}; then close the {thing}.|We need {food}, {food} and {food}.|"
    "You should rest, {first}.|Let's meet {place} on {day}.|The {thing} costs too much.|"
    "Someone {did}.|Nobody knew why {who} {did}.|I think {who} {did}.|She said that {who} {did}."
)

NUMBERS = split_list(
    "There are {int} people in the room.|{first} is {age} years old.|The {thing} costs {money}.|"
    "I paid {money} for {the_thing}.|That will be {money}, please.|It is {time} now.|"
    "The meeting starts at {time}.|The train to {city} leaves at {time}.|She was born in {year}.|"
    "He moved to {city} in {year}.|The war ended in {year}.|Today is {date}.|"
    "The party is on {date}.|On {date}, {who} {did}.|The answer is {int}.|The number is {digits}.|"
    "Call me at {digits}.|Turn to page {int}.|We live at {int} {last} Street.|"
    "About {percent} of the people agreed.|Prices rose by {percent} in {year}.|"
    "The road is {decimal} miles long.|It weighs {decimal} pounds.|He finished in {ordinal} place.|"
    "This is the {ordinal} time.|The {ordinal} of {month} is a {day}.|Chapter {int}.|"
    "The bridge was built in {year} and cost {money}.|It takes {int} minutes.|"
    "We sold {int} tickets on {day}.|The room is {int} feet wide and {int} feet long.|"
    "Add {int} and {int}.|It was {int} degrees in {city}.|Flight {digits} leaves at {time}.|"
    "The population of {city} is about {big}.|They walked {int} miles in {int} days.|"
    "The score was {small} to {small}.|Half of {int} is not {int}.|Bus {int} stops here.|"
    "Between {year} and {year}, nothing changed.|I need {small} eggs and {small} cups of milk.|"
    "Room {int} is on the {ordinal} floor.|{small}, {small}, {small}, go!|"
    "Open until {time} on {day}."
)

SHORT = split_list(
    "Hello.|Hi.|Hi there.|Hello there.|Good morning.|Good evening.|Good night.|Good afternoon.|"
    "Goodbye.|Bye.|See you soon.|See you tomorrow.|Thank you.|Thanks a lot.|Thanks.|Yes.|No.|"
    "Yes, please.|No, thanks.|Not yet.|Maybe.|Of course.|Sure.|Okay.|All right.|Never mind.|"
    "Excuse me.|I'm sorry.|Sorry.|Please.|Stop.|Wait.|Come in.|Sit down.|Go ahead.|Well done.|"
    "Really?|Why?|Why not?|Who?|Where?|When?|How?|What?|How much?|How many?|What time?|Says who?|"
    "Who is it?|What's that?|How are you?|I'm fine.|Me too.|So what?|Let's go.|Hurry up.|"
    "Be careful.|Watch out!|Help!|Look!|Great!|Wonderful!|Congratulations!|Happy birthday!|"
    "Good luck.|Cheers.|Welcome.|Welcome back.|Not at all.|I see.|I know.|I think so.|"
    "I hope so.|It depends.|Exactly.|Absolutely.|Probably.|Sometimes.|Always.|Never.|Again.|"
    "Once more.|Right now.|Right here.|Over there.|Next week.|Last year.|Too late.|Too bad.|"
    "Almost.|Enough.|Nothing.|Everything.|Someone.|Listen.|Take care.|Have fun.|Keep going.|"
    "Try again.|Calm down.|Wake up.|Hold on.|Left.|Right.|Ready?|Ready.|Done.|Correct.|Testing."
)

SHORT_PATTERNS = split_list(
    "{first}.|{first} {last}.|{city}.|{country}.|{day}.|{month}.|{adj} {thing}.|{colour} {thing}.|"
    "{food}.|{place}.|{when}.|{thing}.|{small}.|{int}.|{ordinal}.|{time}.|{year}.|{first}?|"
    "The {thing}.|My {thing}.|{day} morning.|Very {adj}.|Quite {feel}.|Hello, {first}.|"
    "No, {first}.|Yes, {first}.|{money}.|In {month}.|{job}.|{adj}.|{colour}.|{feel}.|{adj}?"
)
