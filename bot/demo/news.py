"""What the demo's press publishes from 24 November to 3 December 2024.

The outlets, the people and the words are ours. The subject is public: in those weeks servers with restricted H100 and
H200 processors were on offer in Chinese markets, and on 2 December the United States widened their export rules.
"""

from datetime import UTC, datetime

from bot.demo.press import Outlet, Piece


def at(words: str) -> datetime:
    """The moment in 2024, UTC, written as 24 Nov 00:00."""
    return datetime.strptime(f"{words} 2024", "%d %b %H:%M %Y").replace(tzinfo=UTC)


START = at("24 Nov 00:00")
"""When the show begins."""

END = at("4 Dec 00:00")
"""When it ends."""

_WIRE_TEXT = (
    "A broker in the Pearl River Delta showed this agency a price list for complete H200 racks, delivery in three "
    "weeks, payment on sight of the serial numbers. “We sell kitchens,” he said. “The kitchens are heavy.” "
    "Customs lawyers note that the papers name a country in which the crates spend one night."
)

BEFORE = (
    Piece(
        outlet="Harbour Wire",
        id="box-rates",
        at=at("22 Nov 10:00"),
        title="Container rates ease before the holidays",
        text="Carriers cut prices on the Pacific for a third week, and the queues off the anchorage are gone.",
    ),
    Piece(
        outlet="Delta Times",
        id="ferry",
        at=at("22 Nov 07:00"),
        title="Winter timetable for the island ferry",
        text="The last boat leaves at 21:40 from Monday. Bicycles travel free.",
    ),
    Piece(
        outlet="Bench Notes",
        id="second-hand",
        at=at("12 Nov 09:00"),
        title="What a second-hand H100 cost this summer",
        text="Forty listings, four cities, one spreadsheet. The median moved less than the rumours did.",
        spared="published before the watch began",
    ),
    Piece(
        outlet="Le Phare",
        id="grues",
        at=at("21 Nov 16:00"),
        title="À Brest, le port essaie des grues électriques",
        text="Deux engins loués pour l’hiver, un silence que les riverains remarquent déjà.",
    ),
    Piece(
        outlet="泰和科技報",
        id="2024-1120",
        at=at("20 Nov 02:00"),
        title="科技園區週末停電兩小時",
        text="台電更換變壓器，機房業者已備妥柴油發電機，夜間服務不受影響。",
    ),
    Piece(
        outlet="短视频·仓库老周",
        id="70011",
        at=at("21 Nov 04:30"),
        text="机房楼下的牛肉面，十五块钱一大碗🍜 加面不要钱 #午饭 #华强北",
    ),
    Piece(outlet="服务器集市", id="101", at=at("22 Nov 03:00"), text="到货：DDR5 内存条、光模块、导轨。今晚可自提。"),
    Piece(
        outlet="Dockside",
        id="3lbkqa2tide2a",
        at=at("22 Nov 05:40"),
        text="Low tide, three cranes idle. Coffee first. ☕",
    ),
    Piece(
        outlet="Forum",
        id="990000101",
        at=at("14 Nov 20:00"),
        author="rackrat",
        title="Ask: is renting an H100 by the hour still cheaper than owning one?",
        text="Our cluster sleeps at night. The invoice does not.",
        spared="published before the watch began",
    ),
)
"""What stood there before the show: no alert, though two of them match."""

TOLD = (
    Piece(
        outlet="短视频·仓库老周",
        id="70012",
        at=at("24 Nov 05:10"),
        text="凌晨到的货，八卡H200整机，木箱还没拆📦 一共十二箱，叉车师傅说比冰箱还沉。要看开箱的扣1 #服务器 #华强北",
    ),
    Piece(
        outlet="服务器集市",
        id="102",
        at=at("24 Nov 15:20"),
        text="今日报价：H100 SXM5 80G 八卡模组，现货两套，原包装，可上机测试。\n不开发票，不问来路，微信详谈。",
    ),
    Piece(
        outlet="Dockside",
        id="3lbpvc3crate2",
        at=at("25 Nov 06:45"),
        text="Third crate this week with the same label 📦 8× H200 in a SuperMicro chassis, 🇺🇸 → 🇸🇬 → 🇭🇰 → 🇨🇳. "
        "The papers say “kitchen ovens”. Warm, certainly. 🔥",
    ),
    Piece(
        outlet="Harbour Wire",
        id="grey-market-h100",
        at=at("25 Nov 14:10"),
        author="Ines Calloway",
        title="Restricted H100 servers surface in southern China’s electronics markets",
        text="Servers built around the H100, a processor that needs a licence to reach China, stand openly on price "
        "lists in Shenzhen, six traders told Harbour Wire. Two offered a test run in the back room. None could "
        "produce an export licence, and none was asked for one.",
    ),
    Piece(
        outlet="Le Phare",
        id="baies-shenzhen",
        at=at("26 Nov 05:30"),
        author="Maëlle Kerbrat",
        title="À Shenzhen, des baies SuperMicro que personne n’a le droit de vendre",
        text="Elles arrivent de nuit, sans manuel ni garantie. Dans les allées du marché, des baies SuperMicro "
        "complètes s’échangent contre un virement et une poignée de main ; l’étiquette d’origine, elle, a disparu.",
    ),
    Piece(
        outlet="Forum",
        id="990000117",
        at=at("26 Nov 14:05"),
        author="coldaisle",
        title="Ask: my cloud sells H100s from a region that should not have any",
        text="The instance reports eight of them, on a SuperMicro board, and the latency says Guangdong. Support "
        "answered with a thumbs-up. Has anybody seen the same?",
    ),
    Piece(
        outlet="泰和科技報",
        id="2024-1127",
        at=at("27 Nov 02:30"),
        author="林知夏",
        title="輝達H200三地轉運，美超微機櫃現身深圳",
        text="業者透露，搭載輝達H200的美超微機櫃先到新加坡，再經吉隆坡與香港，最後以「廚房設備」名義報關。"
        "海關律師指出，貨物在第三地只停留一晚。",
    ),
    Piece(
        outlet="短视频·仓库老周",
        id="70013",
        at=at("27 Nov 13:15"),
        text="拆箱！美超微的机箱，里面到底是什么卡？盖子一掀全场安静😶 评论区有人猜H100，有人猜是暖气片 #开箱",
    ),
    Piece(outlet="服务器集市", id="104", at=at("28 Nov 03:00"), text="H200 141G 单卡，二十张，深圳仓。"),
    Piece(outlet="服务器集市", id="105", at=at("28 Nov 03:02"), text="超微 8U 整机，八卡 H100，已装系统，可远程验机。"),
    Piece(outlet="服务器集市", id="106", at=at("28 Nov 03:03"), text="H100 PCIe 拆机卡，九成新，带散热。"),
    Piece(outlet="服务器集市", id="107", at=at("28 Nov 03:05"), text="整柜 H200，八台起订，看货先付定金。"),
    Piece(
        outlet="Dockside",
        id="3lbyfd4labels",
        at=at("28 Nov 15:30"),
        text="Asked the forklift driver what an H100 is. “Forty kilos more than the box says.” Best definition yet. 🏋",
    ),
    Piece(
        outlet="Harbour Wire",
        id="broker-price-list",
        at=at("29 Nov 03:40"),
        author="Ines Calloway",
        title="Broker offers H200 racks in three weeks, “as kitchens”",
        text=_WIRE_TEXT,
    ),
    Piece(
        outlet="Le Phare",
        id="marche-gris",
        at=at("29 Nov 17:50"),
        author="Maëlle Kerbrat",
        title="Marché gris des H100 : la piste des numéros de série",
        text="Un ingénieur compare les photos des annonces aux listes de livraison. Sur quarante cartes H100, onze "
        "avaient été facturées à une école de musique.",
    ),
    Piece(
        outlet="Forum",
        id="990000142",
        at=at("30 Nov 06:20"),
        author="ohmslaw",
        title="The serial numbers are on the SuperMicro rails, not on the cards",
        text="If you want to know where a rack has been, read the rails. Nobody ever re-labels the rails.",
    ),
    Piece(
        outlet="Dockside",
        id="3lcaxh7stack2",
        at=at("30 Nov 18:45"),
        text="Label of the week: “B200, do not stack”. The crate under it holds bananas. 🍌",
    ),
    Piece(
        outlet="泰和科技報",
        id="2024-1130",
        at=at("30 Nov 15:00"),
        author="林知夏",
        title="倉儲業者：「廚房設備」重達一公噸，H100去向成謎",
        text="一批標示為烤箱的貨物在倉庫停放三天後遭人領走，過磅單卻與H100伺服器的規格完全相符。",
    ),
    Piece(
        outlet="短视频·仓库老周",
        id="70015",
        at=at("1 Dec 04:40"),
        text="八台一排，H100开机那一刻，整条街的灯都暗了💡 电费单我就不给大家看了 #机房 #夜班",
    ),
    Piece(
        outlet="Bench Notes",
        id="tell-from-photo",
        at=at("1 Dec 15:10"),
        author="P. Okonjo",
        title="How to tell an H100 from an H200 in a bad photograph",
        text="Count the memory stacks, then look at the screws. A guide for everyone who reads classified ads, with "
        "a word on the B200 that nobody has yet.",
    ),
    Piece(
        outlet="Harbour Wire",
        id="rules-widened",
        at=at("2 Dec 14:00"),
        author="Ines Calloway",
        title="Washington widens chip rules; sellers of H100 and H200 rush to clear stock",
        text="New American export rules on memory and tools for chips were published on Monday; 140 companies, Naura "
        "and Piotech among them, join the list of those who may buy nothing. Within the hour three grey-market lists "
        "raised the H200 by a tenth, and one marked its last H100 servers “today only”.",
    ),
    Piece(
        outlet="服务器集市",
        id="110",
        at=at("3 Dec 00:40"),
        text="通知：新规之后 H100 整机一律重新报价，昨天的价格作废。\n美超微现货只剩三台，先到先得。",
    ),
    Piece(
        outlet="Dockside",
        id="3lcgxe5lasth2",
        at=at("3 Dec 10:30"),
        text="Last crate of the year? New label, old tape, a SuperMicro sticker under the tape. 🇸🇬 → 🇨🇳 Good night. 🌙",
    ),
)
"""What must alert."""

COPIES = (
    Piece(
        outlet="Delta Times",
        id="wire-1",
        at=at("25 Nov 17:30"),
        author="Harbour Wire",
        title="Restricted H100 servers surface in southern China’s electronics markets",
        text="From our partner Harbour Wire: traders in Shenzhen list the H100 openly. Read on at the source.",
        link="https://wire.example.com/grey-market-h100?utm_source=delta-times&utm_medium=rss",
    ),
    Piece(
        outlet="Delta Times",
        id="kitchens",
        at=at("29 Nov 09:00"),
        author="Agency",
        title="Broker offers H200 racks in three weeks, “as kitchens”",
        text=_WIRE_TEXT,
    ),
    Piece(
        outlet="Bench Notes",
        id="elsewhere-kitchens",
        at=at("29 Nov 12:00"),
        title="Broker offers H200 racks in three weeks, “as kitchens”",
        text=_WIRE_TEXT,
        link="https://www.wire.example.com/broker-price-list/?utm_campaign=elsewhere#read",
    ),
    Piece(
        outlet="Delta Times",
        id="wire-2",
        at=at("2 Dec 16:10"),
        author="Harbour Wire",
        title="Washington widens chip rules; sellers of H100 and H200 rush to clear stock",
        text="From our partner Harbour Wire: prices of the H100 and the H200 moved within the hour.",
        link="https://wire.example.com/rules-widened?utm_source=delta-times&utm_medium=rss",
    ),
)
"""The same news elsewhere: by its address, or word for word."""

RETOLD = (
    Piece(
        outlet="Le Phare",
        id="washington-resserre",
        at=at("2 Dec 18:20"),
        author="Maëlle Kerbrat",
        title="Washington resserre l’étau, les H200 changent de prix dans l’heure",
        text="Le texte vise la mémoire et les machines ; 140 entreprises, dont Naura et Piotech, sont mises à l’index. "
        "Les revendeurs, eux, ont compris autre chose : il faudra bientôt plus de détours, donc plus d’argent, pour "
        "une carte H200.",
    ),
)
"""The same news in another language."""

SPARED = (
    Piece(
        outlet="Bench Notes",
        id="h1000-headphones",
        at=at("24 Nov 18:30"),
        title="Review: the H1000 headphones silence the train, not the bass",
        text="Thirty hours of battery, a case like a soup plate. The H1000 is the pair to beat.",
        spared="H1000 is another word than H100",
    ),
    Piece(
        outlet="Harbour Wire",
        id="ch100-sensor",
        at=at("25 Nov 22:00"),
        title="CH100 sensor passes its sea trials",
        text="The ultrasonic CH100 measured the draught of forty barges to the centimetre.",
        spared="CH100 is another word than H100",
    ),
    Piece(
        outlet="泰和科技報",
        id="2024-1126b",
        at=at("26 Nov 20:00"),
        title="超微半導體新款筆電處理器下週開賣",
        text="超微半導體表示，首批機種將由五家品牌推出，主打續航力。",
        spared="超微半導體 is AMD: an exception of the topic SuperMicro",
    ),
    Piece(
        outlet="Bench Notes",
        id="a-log-line",
        at=at("27 Nov 18:00"),
        title="One line of a firmware log, explained",
        text="boot id 3f2b77aa-b200-4c1d-9e0f-1b2c3d4e5f60: what each part of it means, and why it changes.",
        spared="the b200 in it is part of a UUID",
    ),
    Piece(
        outlet="Le Phare",
        id="ligne-h100",
        at=at("28 Nov 10:40"),
        title="La ligne de bus H100 prolongée jusqu’au port",
        text="Un départ toutes les douze minutes, et un arrêt de plus devant la criée.",
        spared='the topic H100 says NOT "ligne de bus"',
    ),
    Piece(
        outlet="短视频·仓库老周",
        id="70014",
        at=at("29 Nov 20:10"),
        text="超微半导体的新显卡，三分钟开箱，玩游戏够用了🎮 #显卡",
        spared="超微半导体 is AMD: an exception of the topic SuperMicro",
    ),
    Piece(
        outlet="服务器集市",
        id="109",
        at=at("30 Nov 20:00"),
        text="型号 GH100-2000X 电源已停产，客服热线换号：138-0100-2000。",
        spared="GH100-2000X is another word than H100",
    ),
    Piece(
        outlet="Forum",
        id="990000150",
        at=at("1 Dec 19:00"),
        author="tinkerbell",
        title="Show: open firmware for the H1000 headphones",
        text="Two evenings with a soldering iron and a very good potato.",
        spared="H1000 is another word than H100",
    ),
)
"""What looks like news and must not alert."""

DAILY = (
    Piece(
        outlet="Harbour Wire",
        id="pilot-strike",
        at=at("27 Nov 09:00"),
        title="Pilots end their strike, ships move by noon",
        text="Forty vessels had waited in the roads since Sunday.",
    ),
    Piece(
        outlet="Delta Times",
        id="lanterns",
        at=at("26 Nov 11:00"),
        title="Ten thousand lanterns for the old bridge",
        text="Volunteers still look for ladders.",
    ),
    Piece(
        outlet="Delta Times",
        id="market-hall",
        at=at("30 Nov 10:00"),
        title="Market hall opens on Sundays",
        text="The fishmongers voted against it, and will come all the same.",
    ),
    Piece(
        outlet="Bench Notes",
        id="quiet-fans",
        at=at("29 Nov 08:00"),
        title="Quiet fans for a loud 2U case",
        text="Eleven models, one sound meter, a patient cat.",
    ),
    Piece(
        outlet="Le Phare",
        id="sardine",
        at=at("30 Nov 12:00"),
        title="La sardine revient, les conserveries embauchent",
        text="Trois cents contrats d’ici janvier, dont la moitié pour des débutants.",
    ),
    Piece(
        outlet="泰和科技報",
        id="2024-1201",
        at=at("1 Dec 09:00"),
        title="高鐵加開年末疏運班次",
        text="十二月底起每日增加八班，車票今日開賣。",
    ),
    Piece(
        outlet="短视频·仓库老周",
        id="70016",
        at=at("2 Dec 11:00"),
        text="叉车师傅的一天，从豆浆油条开始🥢 #打工人",
    ),
    Piece(outlet="服务器集市", id="108", at=at("29 Nov 14:00"), text="机柜、PDU、理线架清仓，自提九折。"),
    Piece(outlet="Dockside", id="3lcbhf6gulls2", at=at("30 Nov 09:10"), text="Gulls 3, sandwich 0. 🐦"),
)
"""What fills the days."""

PIECES = tuple(sorted((*BEFORE, *TOLD, *COPIES, *RETOLD, *SPARED, *DAILY), key=lambda piece: piece.at))
"""All of it, in order of time."""


def out(outlet: Outlet, now: datetime) -> tuple[Piece, ...]:
    """What that outlet has published by now, newest first."""
    return tuple(piece for piece in reversed(PIECES) if piece.outlet == outlet.name and piece.at <= now)
