"""The words that texts to learn from are made of. Owns lists, all of our own writing.

A word may stand under several topics, as words do: what "record", "match" or "plant" is about, their
neighbours tell.
"""

from __future__ import annotations

VERSION = "topics/1"
"""Of the set of labels; another number whenever a topic comes, goes or changes its name."""

OTHER = "other"
"""The label of texts that are about none of the topics."""

TOPICS = {
    "arts": (
        "album actor artist audience author ballet band canvas chapter character choir cinema "
        "comedy composer concert costume culture curator dancer director drama drawing drummer "
        "exhibition fiction film gallery genre guitar illustration instrument literature lyric "
        "melody museum music musical novel opera orchestra painter painting photograph photographer "
        "piano play playwright poem poet poetry portrait record rehearsal rhythm role scene "
        "sculptor sculpture singer sketch soloist song stage studio theatre tune verse violin "
        "watercolour writer"
    ).split(),
    "business": (
        "account acquisition advertising asset auditor bank bankruptcy board bond bonus brand "
        "broker budget business buyer capital cash client commerce company competitor consultant "
        "consumer contract corporation cost credit creditor customer deal debt demand discount "
        "dividend earnings economy employee employer entrepreneur executive expense exporter "
        "factory finance firm forecast franchise fund income inflation insurance interest invoice "
        "investment investor lender loan loss manager margin market merger mortgage negotiation "
        "owner partner payment pension price profit purchase retailer revenue salary sale share "
        "shareholder startup stock strategy supplier tariff tax trade wage"
    ).split(),
    "food": (
        "almond apple bacon bakery bean beef berry bowl bread breakfast broth butter cabbage cake "
        "carrot casserole cheese chef cherry chicken chilli chocolate cinnamon coffee cook cookie "
        "cream cuisine curry dessert dinner dish dough flavour flour fork fruit frying garlic "
        "ginger gravy grill herb honey ingredient jam juice kitchen lamb lemon lentil lunch meal "
        "meat menu milk mushroom noodle oil olive onion oven pan pasta pastry pepper pie plate "
        "potato pudding recipe rice roast salad salt sauce sausage seafood simmer soup spice spoon "
        "stew sugar supper syrup tablespoon teaspoon tomato vanilla vegetable vinegar wine yeast "
        "yoghurt"
    ).split(),
    "health": (
        "allergy ambulance antibiotic anxiety artery asthma bandage bladder blood bone brain cancer "
        "cell checkup cholesterol clinic cough cure dentist depression diabetes diagnosis diet "
        "disease doctor dose drug emergency exercise fatigue fever fitness flu fracture headache "
        "healing health heart hospital hygiene illness immunity infection inflammation injection "
        "injury insomnia insurance joint kidney liver lung medication medicine migraine muscle "
        "nausea nurse nutrition obesity operation organ pain patient pharmacist pharmacy physician "
        "pill pregnancy prescription pulse rash recovery rehabilitation remedy scan skin sleep "
        "stroke surgeon surgery symptom syndrome tablet therapist therapy tissue treatment tumour "
        "vaccine virus vitamin wellbeing wound"
    ).split(),
    "science": (
        "acid amplitude asteroid astronomer atmosphere atom bacteria biologist biology carbon "
        "catalyst cell chemist chemistry chromosome climate comet compound crystal density dinosaur "
        "discovery ecosystem electron element energy enzyme equation evolution evidence experiment "
        "fossil frequency galaxy gas gene genome geologist geology glacier gravity habitat helium "
        "hydrogen hypothesis laboratory lens magnet mammal mass mathematician measurement metal "
        "microscope mineral molecule momentum moon nebula neutron nucleus observation orbit "
        "organism oxygen particle photon physicist physics planet plant pressure probability proof "
        "protein proton quantum radiation reaction reactor researcher satellite scientist sediment "
        "species spectrum star telescope temperature theorem theory universe vacuum velocity "
        "volcano wavelength"
    ).split(),
    "sport": (
        "arena athlete athletics ball basketball bat boxer captain champion championship coach "
        "competitor course court cricket cup cyclist defeat defender defence draw fan final finish "
        "fitness fixture football footballer forward foul game goal goalkeeper golf gymnast half "
        "helmet hockey hurdle injury jersey kick league marathon match medal midfielder net offside "
        "opponent pass pedal penalty pitch player playoff point race racket record referee rider "
        "rugby runner score season serve shot skier sprint sprinter squad stadium striker "
        "substitute swimmer tackle team tennis title tournament track trainer training transfer "
        "trophy umpire victory volleyball win winger winner wrestler"
    ).split(),
    "technology": (
        "algorithm api app application automation backup bandwidth battery bug browser byte cable "
        "camera chip cloud code command compiler computer cursor cyberattack data database debugger "
        "deployment developer device disk display download driver email encryption engineer file "
        "firewall firmware folder framework function gadget hacker hardware headphone interface "
        "internet keyboard laptop latency library login machine memory microphone modem monitor "
        "network notebook operator outage parser password patch phone pixel platform plugin printer "
        "processor program programmer prototype protocol repository robot router screen script "
        "sensor server smartphone software storage syntax system tablet terminal thread touchscreen "
        "update upload user variable version website wireless workstation"
    ).split(),
    "travel": (
        "adventure aeroplane airline airport arrival backpack baggage bay beach boarding boat "
        "booking border bridge bus cabin camp campsite castle cathedral city coast cottage country "
        "crew cruise culture currency customs delay departure desert destination embassy excursion "
        "ferry flight fortress guide guidebook harbour highway hike holiday hostel hotel island "
        "itinerary journey lagoon landmark landscape luggage map monastery monument motel mountain "
        "museum passenger passport path pilgrim platform port postcard railway reef reservation "
        "resort road ruin safari sightseeing ski souvenir station suitcase sunset taxi temple tent "
        "terminal ticket timetable tour tourism tourist tower trail train traveller trip vacation "
        "valley village visa visitor voyage walk"
    ).split(),
}

COMMON = (
    "a about after again all also always an and another any are as at away back be because been "
    "before being best better between big both but by came can change come could day did different "
    "do does done down each early end enough even ever every far few find first for found from get "
    "give go goes good great had has have he help her here high him his how i if in into is it its "
    "just keep kind know large last late least leave left less let life like little long look made "
    "make many may me mean might more most much must my name near need never new next no not "
    "nothing now of off often old on once one only open or order other our out over own part people "
    "perhaps place put quite rather reason right said same say says second see seem seen set "
    "several she should show side since small so some something soon still such sure take than that "
    "the their them then there these they thing think this those though three through time to "
    "together too took two under until up us use used very want was way we week well went were what "
    "when where which while who whole why will with within without work world would year yes yet "
    "you young your"
).split()
