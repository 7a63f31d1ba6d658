"""The vocabulary of the tiny world: topics (some held out), people, places."""

GERUNDS = """gardening painting cooking swimming running cycling sailing fishing camping dancing singing reading writing
knitting baking hiking skating drawing climbing rowing juggling weaving boxing skiing surfing diving chess tennis golf
football cricket poetry opera jazz theatre pottery carpentry photography astronomy chemistry history music yoga
archery fencing karate judo badminton hockey rugby baseball bowling origami calligraphy gymnastics ballet philosophy
geography botany medicine architecture journalism folklore mathematics""".split()

PLAIN = """coffee bread cheese honey soup salad rice pasta tea chocolate butter garlic pepper salt sugar ginger cinnamon
cotton silk wool leather glass paper copper silver iron marble timber cement rain snow fog thunder sunlight moonlight
autumn spring winter summer advertising television radio cinema fashion tourism farming mining banking shipping
recycling electricity gravity magnetism plastic rubber porcelain lavender mint barley oatmeal""".split()

ADJECTIVES = """old new wild local modern ancient small large green red blue black white quiet fast slow famous common
rare wooden""".split()

NOUNS = """trains birds gardens markets bridges towers castles museums forests rivers lakes islands mountains horses
dogs cats sheep bees boats ships cars clocks maps lamps chairs tables windows doors hats shoes coats songs stories
poems films games toys kites drums flutes violins guitars pianos towns villages schools libraries parks roads tunnels
harbours farms mills wells stones shells flowers roses trees apples pears plums cherries lemons beans carrots
mushrooms""".split()

FIRST_NAMES = """Ana Tom Maria Ivan Lena Paul Rosa Omar Nina Carl Elsa Hugo Mira Leo Sara Finn Clara Noah Vera Max Ida
Otto Lucy Adam Jane Emil Nora Karl Ruth Hans""".split()

LAST_NAMES = """Novak Silva Berg Costa Lind Moreau Rossi Weber Kaya Petrov Hill Stone Wood Baker Cook Fisher Young Reed
Lane Marsh Fox Wolf Hart Frost""".split()

PLACES = """Paris Rome Oslo Lisbon Vienna Prague Dublin Athens Madrid Warsaw Cairo Lima Boston Geneva Milan Turin Bergen
Porto Lyon Delhi""".split()

CENTURIES = "twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()

GOOD = "great wonderful lovely important useful beautiful exciting interesting valuable fun".split()
BAD = "boring useless ugly terrible pointless silly dull overrated awful annoying".split()


def all_topics() -> list[tuple[str, str]]:
    """Every topic with its verb, in a fixed order: ("gardening", "is"), ("old trains", "are")."""
    single = [(word, "is") for word in GERUNDS + PLAIN]
    pairs = []
    for i, noun in enumerate(NOUNS):
        # Four of the twenty adjectives a noun: hundreds of topics, each word in several of them.
        for k in range(4):
            pairs.append((f"{ADJECTIVES[(i * 7 + k * 5) % len(ADJECTIVES)]} {noun}", "are"))
    return single + pairs


def split_topics() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(training, held out): every ninth topic is never asked about or judged in training."""
    topics = all_topics()
    held = [t for i, t in enumerate(topics) if i % 9 == 4]
    return [t for i, t in enumerate(topics) if i % 9 != 4], held
