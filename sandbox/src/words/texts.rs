//! The sentences and words themselves: ordinary life, no persons, no brands.

/// One list of sentences per script or language.
pub(super) const SCRIPTS: &[&[&str]] = &[
    ENGLISH, ENGLISH, ENGLISH, LATIN, LATIN, GREEK, CYRILLIC, ARABIC, HEBREW, DEVANAGARI, THAI,
    JAPANESE, CHINESE, KOREAN,
];

const ENGLISH: &[&str] = &[
    "The first loaves came out at five, before the gulls were awake.",
    "Fog in the harbour again; the lamp on the pier is all you see.",
    "Room 4 is open again after a winter of careful cleaning.",
    "It rained all morning, so we stayed in and sorted the old maps.",
    "Low tide, long shadows, and nobody in a hurry.",
    "We found this letter folded inside a cookbook from 1911.",
    "Rye, water, salt and a night of patience.",
    "The ferry was late and the light was perfect.",
    "New on the wall: a small watercolour of a very large storm.",
    "Some days the best part of the museum is the staircase.",
    "Snow on the allotments, leeks still standing.",
    "Thank you to everyone who came to the lantern evening.",
    "The swallows are back under the boathouse roof.",
    "Market day: three kinds of plums and one good argument about pears.",
    "A quiet corner of the reading room, just after closing.",
    "Mended the blue net today. It only took the whole summer.",
    "The wind turned at noon and took two hats with it.",
    "Tomorrow at ten: how to read a tide table, for beginners.",
];

const LATIN: &[&str] = &[
    "Früh am Hafen: der Nebel riecht nach Salz und frischem Brot.",
    "Über den Dächern wird es hell, und die Bäckerei hat schon geöffnet.",
    "Ce matin, la pluie a lavé le quai et les façades brillent.",
    "Le musée rouvre à midi, entrée libre jusqu’à la fête d’été.",
    "El pan de hoy lleva nueces, miel y un poco de paciencia.",
    "Mañana zarpamos temprano si el viento nos deja.",
    "A névoa desceu a colina e ficou para o café da manhã.",
    "Stara łódź znów pachnie żywicą, żagle schną na płocie.",
    "Žluťoučká loďka čeká u mola na lepší počasí.",
    "Az őszi vásáron friss kenyér, körtelekvár és jó idő.",
    "Vapurun düdüğü çalınca bütün martılar havalandı.",
    "Brødet er varmt, været er kaldt, og båten er nymalt.",
    "Tối nay trời trong, cả bến thuyền lên đèn.",
    "Þokan lá yfir höfninni fram að hádegi.",
];

const GREEK: &[&str] = &[
    "Το λιμάνι ξυπνά νωρίς και το ψωμί μυρίζει ως τη θάλασσα.",
    "Σήμερα το μουσείο μένει ανοιχτό μέχρι το βράδυ.",
    "Λίγος αέρας, πολύ φως, δύο καΐκια στον ορίζοντα.",
];

const CYRILLIC: &[&str] = &[
    "Утром над гаванью туман, а в пекарне уже тёплый хлеб.",
    "Музей открыт до вечера, на лестнице пахнет воском и яблоками.",
    "Дощ ущух, і на пристані знову сохнуть вітрила.",
    "Каждое утро жёлтая лодка ждёт своего рыбака.",
    "Зимният пазар ухае на канела, дим и пресен хляб.",
];

const ARABIC: &[&str] = &[
    "الميناء هادئ هذا الصباح ورائحة الخبز تملأ الزقاق.",
    "المتحف مفتوح حتى المساء، والدخول للجميع.",
    "مطر خفيف على السوق القديم، ومظلات ملونة.",
    "قارب صغير، بحر كبير، ويوم بلا عجلة.",
];

const HEBREW: &[&str] = &[
    "בוקר שקט בנמל, ריח של לחם טרי וגשם.",
    "המוזיאון פתוח היום עד שמונה בערב.",
    "שתי סירות, שמש אחת, ואף ענן בשמיים.",
];

const DEVANAGARI: &[&str] = &[
    "सुबह की धुंध में घाट पर पहली नाव आई।",
    "आज संग्रहालय शाम तक खुला है, सब आइए।",
    "बारिश रुकी तो गली में ताज़ी रोटी की खुशबू फैल गई।",
];

const THAI: &[&str] =
    &["เช้านี้ท่าเรือเงียบ มีกลิ่นขนมปังอบใหม่", "พิพิธภัณฑ์เปิดถึงเย็น แวะมาได้ทุกคน", "ฝนหยุดแล้ว เรือลำเล็กกลับเข้าฝั่ง"];

const JAPANESE: &[&str] = &[
    "朝の港はまだ静かで、パンの匂いだけがする。",
    "美術館の階段に、午後の光が落ちていた。",
    "雨のち晴れ、傘を干して水たまりをのぞく。",
    "小さな船が、ゆっくり帰ってきた。",
];

const CHINESE: &[&str] = &[
    "清晨的港口很安静，面包刚刚出炉。",
    "博物馆今天开放到傍晚，楼梯上洒满阳光。",
    "雨停了，水面像一面镜子。",
    "市場裡有三種李子，還有一場關於梨的爭論。",
];

const KOREAN: &[&str] = &[
    "이른 아침 항구에 갓 구운 빵 냄새가 난다.",
    "박물관은 오늘 저녁까지 열려 있습니다.",
    "비가 그치고 작은 배가 천천히 돌아왔다.",
];

pub(super) const COMMENTS: &[&str] = &[
    "Beautiful light.",
    "I can smell the bread from here",
    "Is the museum open on Monday?",
    "My grandmother had the same lamp!",
    "Which harbour is this?",
    "Finally some rain",
    "Saving this for the winter.",
    "The blue one, please.",
    "so calm",
    "We were there last week and it was just like this.",
    "Could you share the recipe?",
    "The hat! Did you ever find the hat?",
    "!!!",
    "Thank you for keeping the old sign.",
    "First",
    "That staircase, every time.",
];

/// Among them sequences of several code points: families, skin tones, flags, keycaps.
pub(super) const EMOJI: &[&str] = &[
    "🌊",
    "🍞",
    "☔️",
    "🥖",
    "⛵️",
    "🌫️",
    "🕯️",
    "✨",
    "👩‍🍳",
    "👨‍👩‍👧‍👦",
    "🧑🏽‍🌾",
    "👍🏽",
    "🇫🇮",
    "🇵🇹",
    "🇯🇵",
    "🏴‍☠️",
    "❤️‍🔥",
    "🏛️",
    "1️⃣",
    "🐈‍⬛",
    "🌦️",
    "🫖",
    "🏳️‍🌈",
];

pub(super) const TAGS: &[&str] = &[
    "harbour",
    "morninglight",
    "bread",
    "sourdough",
    "museum",
    "openingday",
    "fog",
    "lowtide",
    "rainyday",
    "märkte",
    "lumière",
    "añoranza",
    "порт",
    "λιμάνι",
    "خبز",
    "לחם",
    "港",
    "海",
    "パン",
    "바다",
    "ทะเล",
    "समुद्र",
    "snow2026",
    "no_filter",
];

pub(super) const SCENES: &[&str] = &[
    "Layered hills under an evening sky",
    "A low sun above a calm sea",
    "Rows of lit windows at the blue hour",
    "A lighthouse on a dark rock beside the water",
    "Tulips in a round vase on a table",
    "A bowl of fruit near a window",
    "Mountains mirrored in a still lake",
    "Hot-air balloons between soft clouds",
    "Large green leaves with small flowers",
    "Sand dunes with long shadows",
    "A clear night with stars and fir trees",
    "Circles, stripes and triangles in strong colours",
    "Rows of round waves below a large sun",
];

pub(super) const THINGS: &[&str] = &[
    "A small white boat",
    "Two wooden chairs",
    "A loaf of bread",
    "A folded umbrella",
    "A coil of rope",
    "An open book",
    "A lantern",
    "Three gulls",
];

pub(super) const PLACES: &[&str] = &[
    "harbor",
    "northpier",
    "oldmill",
    "saltmarsh",
    "birchhill",
    "riverside",
    "lowtide",
    "stonegate",
    "fogbank",
    "orchard",
    "windrow",
    "lakeside",
    "cliffpath",
    "greenbridge",
];

pub(super) const TRADES: &[&str] = &[
    "lantern", "bakery", "museum", "ferry", "archive", "press", "pottery", "garden", "library",
    "kitchen", "weather", "boatyard", "bindery", "market",
];
