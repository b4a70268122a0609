"""The sentences that stories and expositions are made of. Owns templates and the words that fill them, all of
our own writing.
"""

from __future__ import annotations

WORDS = {
    "NAME": "Anna Bela Clara David Emil Frieda Georg Hanna Ivo Jonas Karl Lena Maria Noor Otto Rosa Wanda",
    "TOWN": "Africa Asia Berlin Europe Lisbon London Madrid Monday Paris Prague Rome Tokyo Vienna",
    "PLACE": "bridge cellar door field forest garden harbour hill house kitchen mill river road room village",
    "THING": "basket bell boat book box candle coat key knife lamp letter map mirror ring rope stone",
    "SUBJECT": "cable company customer device engine factor file law market method model pump rule service",
    "DID": "opened closed found lost carried dropped watched followed took held saw hid brought kept broke",
    "WENT": "walked ran climbed turned came went crept hurried wandered rode stumbled returned",
    "GONE": "vanished fallen gone broken",
    "SPOKE": "said asked whispered answered shouted replied cried",
    "ONE": "He She They",
    "one": "he she they",
    "OWN": "his her their",
    "DOES": "contains requires supports changes reduces increases describes includes replaces affects",
    "GOOD": "available necessary simple reliable expensive important common safe efficient useful",
    "ROSE": "rose fell reported announced increased recorded reached sold published planned",
}
PHRASES = {
    "WHEN": "Then|Later|Suddenly|At last|That night|One morning|After a while|The next day|Finally|"
    "When it was dark|Once, long ago|Meanwhile|All at once|In the evening",
    "CALL": "Where is it|We have to leave|I never saw you before|Wait for me|It is too late|Do you hear that|"
    "Give it back|You were right|Nobody will know|Come home|I will not go|Who is there",
}
FIELDS = {name: written.split() for name, written in WORDS.items()} | {
    name: written.split("|") for name, written in PHRASES.items()
}

NARRATIVE = (
    "{NAME} {WENT} to the {PLACE}.",
    "{WHEN} {one} {DID} {OWN} {THING}.",
    "“{CALL},” {SPOKE} {NAME}.",
    '"{CALL}!" {one} {SPOKE}.',
    "The {THING} was in the {PLACE}, and {NAME} {DID} it.",
    "{WHEN} we {WENT} through the {PLACE} until night fell.",
    "{ONE} feared the {PLACE} and {WENT} back to {NAME}.",
    "{ONE} {WENT} away, and later {one} {WENT} home.",
    "My mother {SPOKE} that the {THING} had {GONE}.",
    "I {DID} the {THING}, but my brother {DID} nothing.",
)
EXPOSITORY = (
    "The {SUBJECT} {DOES} the {SUBJECT}.",
    "A {SUBJECT} is {GOOD} when the {PLACE} is {GOOD}.",
    "You should check the {SUBJECT} before you use the {THING}.",
    "The {SUBJECT} {ROSE} by five percent in the first quarter.",
    "It must be {GOOD}; therefore the {SUBJECT} can not be {GOOD}.",
    "Press the {THING}, select the {SUBJECT} and close the {THING}.",
    "Many {SUBJECT}s are {GOOD}, however, and their {SUBJECT}s may differ.",
    "In {TOWN} the {SUBJECT} was {ROSE} by the {SUBJECT}.",
    "The {TOWN} {SUBJECT} from {TOWN} {DOES} {TOWN}.",
    "The {SUBJECT} {ROSE} on {TOWN}, and it had {ROSE} in {TOWN}.",
    "The company said that the {SUBJECT} {ROSE} and {ROSE} again.",
    "We show that our {SUBJECT} {DOES} the {SUBJECT}.",
    "According to the “{SUBJECT} {SUBJECT}” these are {GOOD}.",
    "Add the {THING} and wait until the {SUBJECT} is {GOOD}.",
)
