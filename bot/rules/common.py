"""Everyday words of English, French and Chinese: a query that is one of them alone would alert on every other post.

Chinese is written without spaces, so a short keyword may also stand in a longer word that means something else: the
Chinese list therefore has names of companies and people too, and the terms of the field. All lists are sorted, in
lower case, with accents as written, in Simplified characters.
"""

_ENGLISH = """
    a able about above access account across add added adds after afternoon again against age ago ahead ai all
    allow allowed allows almost along already also although always am american among amount an analyst analysts
    and announce announced announces annual another answer any apart appear appeared appears april are area army
    around art as ask asked asks august autumn available away back bad ban bank banks bans be became because
    become becomes been before began begin begins begun behind being believe believed believes below beside
    besides best better between beyond big billion black blue board body book border both bought boy bring
    brings british brought build building builds built business but buy buying buys by call called calling calls
    came can capital car cars case cases center central centre century certain chairman change changed changes
    changing chief child children chinese chip chips cities city clear climate close cloud code cold come comes
    coming commercial common companies company computer computers conference consider considered continue
    continued continues control controls cool cost costs could countries country court courts create created
    creates current currently customer customers cut cuts dark data date daughter day days deal deals death debt
    decade december decide decided deep demand despite device devices did different digital director do doctor
    does doing dollar dollars domestic done double down drop dropped drops during each earlier early earnings
    east eastern easy economic economy effect eight either election eleven else empty end ended ends energy
    english enough especially euro european euros even evening event ever every everywhere example except
    executive expect expected expects export exports eye eyes face faced faces fact facts fall fallen falls
    false family far fast father february federal feel feels fell felt few fifteen fifty film final finally
    financial find finding finds fire firm firms first five follow followed following follows food for forecast
    foreign form former forward found founder four fourth free french friday friend friends from full fund funds
    future game games gas gave general german get gets getting girl give given gives giving global go goes going
    gone good got government governments great green grew group grow growing grows growth had half hand hands
    happen happened happens hard hardware has have having he head health hear heard heart heavy held hello help
    helped helps her here hers herself high higher him himself his history hit hits hold holding holds home
    hospital hot hour hours house how however human hundred i idea if image import important imports in include
    included includes including indeed industrial industry information inside instead international internet
    interview into investment investor investors is issue issues it its itself january job jobs join joined
    joins july june just keep keeping keeps kept key kind knew know known knows language large last late later
    launch launched launches law laws lead leader leaders leading leads learn learned least leave leaves leaving
    led left less let lets letter level life light like likely line list little live lived lives local long look
    looked looking looks lose loses lost love low lower machine machines made main mainly major make makes
    making man manager many march market markets may maybe me meanwhile media meet meeting meets member members
    memory men met might military million mind mine minister minor minute minutes model models moment monday
    money month months more morning most mostly mother move moved moves much music must my myself name names
    nation national near nearly need needed needs neither network never new news next night nine no none nor
    north northern not november now number numbers october of off offer offered offers office official officials
    often oil okay old on once one ones online only onto open opened opens or order orders other our ours
    ourselves out outside over own owner page paid paper parent parents part partner partners parts party pass
    passed passes past pay paying pays peace people per percent perhaps period person phone photo picture place
    places plan plane planned plans platform play played plays please point points police policies policy
    political possible power president press price prices private problem problems product production products
    profit program project projects public pull push put puts quarter quarterly question questions quick quite
    radio raise raised raises ran rate rather reach reached reaches read reading reads ready real reason reasons
    recent recently red region remain remained remains remember report reported reporting reports require
    required requires research result results revenue right rise rises rising risk risks road rose rule rules
    run running runs said sale sales same saturday saw say saying says school schools science second seconds
    security see seeing seem seemed seems seen sees sell selling sells send sending sends sent september serve
    server servers serves service services set sets seven several shall share shares she short should show
    showed shown shows side similar simple since sit site six size slow small so social software sold some
    sometimes son soon sorry source sources south southern speak special spend spent spoke sport spring staff
    stand stands start started starting starts state statement states stay stayed stays still stock stocks stood
    stop stopped stops storage story street strong student students study such suggest summer sunday supplies
    supply support sure system systems take taken takes taking tax taxes teacher team teams technologies
    technology television tell tells ten test tests than thanks that the their theirs them themselves then there
    therefore these they thing things think thinks third thirty this those though thought thousand three through
    throughout thursday thus time times to today together told tomorrow tonight too took total toward towards
    town trade train tried tries trillion true try trying tuesday turn turned turns twelve twenty twice two type
    under understand university unless unlikely until up update updates upon us use used user users uses using
    usually version very via video wait waits want wanted wants war warm was watch watches water way ways we
    weak weather web website wednesday week weekend weeks well went were west western what when where whereas
    whether which while white who whole whom whose why wide will win wins winter with within without woman women
    won word words work worked worker workers working works world worse worst would write writes written wrong
    wrote year years yellow yes yesterday yet you young your yours yourself zero
"""

_FRENCH = """
    a à accès accord accords acheté achète acheter action actions actualité actuel actuelle affaires affirme
    affirmé affirmer âge ai aide aider ailleurs ainsi ait allait allé allée allemand aller alors américain
    américaine américains ami amis an analyste analystes ancien ancienne anglais année années annonce annoncé
    annoncer annonces ans août appareil appareils appelé appeler appelle après argent armée arrive arrivé
    arrivent arriver art artificielle as assez atteindre atteint attend attendre attendu attendue au aucun
    aucune augmente augmenté augmenter aujourd'hui aura aurait auront aussi autant automne autre autres aux
    avaient avait avant avec avenir avez avion avoir avons avril ayant baisse baisser banque banques bas basse
    beaucoup bénéfice bénéfices bien bientôt blanc blanche bleu bon bonjour bonne bons bourse bureau ça capable
    capitale car cas ce ceci cela celle celles celui cent central centrale centre centres cents cependant
    certain certaine certaines certains ces cet cette ceux chacun chambre change changer chaque chaud chef chefs
    cherche chercher chez chiffre chiffres chinois chinoise choisi choisir chose choses ciel cinq cinquante
    clair claire clé client clients climat code combien commande commandes comme commence commencé commencer
    comment commerce commercial commun comprend comprendre compris compte conférence connaît connaître connu
    connue continue continuer contre contrôle contrôles corps côté court courte coût coûts crée créé créer
    croire croissance croit cœur dans date de début décembre déclaration déjà demain demande demandé demandent
    demander depuis dernier dernière dernières derniers derrière des dès dessous dessus dette deux deuxième
    devait devant développé développer devenir devenu devenue devient devoir devra devrait différent différente
    difficile dimanche dire directeur directrice dirigeant dirigeants disait disent disponible disponibles dit
    dite dits dix doit doivent dollar dollars donc donne donné donnée données donnent donner dont double douze
    du dû eau école écoles économie économique écrire écrit effet effets également élection élections
    électricité élève elle elles emploi emplois en encore énergie enfant enfants enfin ensuite entend entendre
    entre entreprise entreprises entretien environ équipe équipes es esprit essai essais est et étaient était
    étant état états été êtes étranger étrangère étrangers être étude études étudiant étudiants eu euro européen
    européenne euros eux événement exemple explique expliqué expliquer exportation exportations facile façon
    faible faire fais faisait faisant fait faite faites faits fallait falloir famille faudra faut faux femme
    femmes fera fermé fermer feu février fille filles film fils fin financier financière fini finir fondateur
    fonds font forme fort forte fourniture français française froid frontière fut gagne gagné gagner garçon gaz
    général générale gens gouvernement gouvernements grand grande grandes grands gros groupe groupes guerre haut
    haute heure heures hier histoire hiver homme hommes hôpital hors huit humain humaine ia ici idée il œil ils
    image images important importante importants importation importations impôt impôts indique indiqué indiquer
    industrie industriel industrielle information informations intelligence interdiction international
    internationale internet investissement investissements investisseur investisseurs ira jamais janvier jardin
    jaune je jeu jeudi jeune jeunes jeux joue jouer jour jours juillet juin jusque justice la là laisse laissé
    laisser lance lancé lancement lancer langue laquelle large le lent lequel les lesquels lettre leur leurs
    libre lieu ligne lire liste livre livres local locale logiciel logiciels loi loin lois long longue lorsque
    lourd lu lui lumière lundi ma machine machines mai main mains maintenant mais maison mal malgré manière
    marche marché marches marchés mardi mars matériel matin mauvais mauvaise me médecin média médias meilleur
    meilleure membre membres même mêmes mémoire mer merci mercredi mère mes met mettent mettre midi mieux mille
    milliard milliards million millions ministère ministre ministres minute minutes mis mise modèle modèles moi
    moins mois moitié moment mon monde mondial mondiale montant montre montré montrer mort mot mots musique
    nation national nationale ne néanmoins neuf ni niveau noir noire nom nombre noms non nord nos notamment
    notre nous nouveau nouveaux nouvelle nouvelles novembre nuage nuit nul numérique numéro octobre offre offrir
    on ont onze or ordinateur ordinateurs ou où ouest oui ouvert ouvre ouvrir page pages paie paix papier par
    parce pardon parents parfois parle parlé parlent parler parmi part partenaire partenaires parti partie
    parties partir partout pas passe passé passée passer patron payé payer pays pendant pense pensé pensent
    penser perd perdre perdu père période permet permettent permettre permis personne personnel petit petite
    petites petits pétrole peu peut peuvent photo pièce plateforme plein pleine plus plusieurs plutôt point
    points police politique politiques porte porté porter possible pour pourquoi pourra pourrait pourtant
    pouvait pouvoir premier première prend prendre prennent présente présenté présenter président présidente
    presque presse prêt prévision prévisions prévoir prévu prévue principal principale printemps pris prise
    privé privée prix problème problèmes prochain prochaine proche production produire produit produits
    professeur profond programme projet projets pu public publics publié publiée publier publique puce puces
    puis puisque quand quatre que quel quelle quelles quelqu'un quelque quelques quels question questions qui
    quinze quoi radio raison raisons rapide rapidement récent récente recevoir recherche recherches reçu réel
    réelle région régions règle règles rend rendre rendu répond répondre répondu réponse réseau réseaux reste
    resté restent rester résultat résultats réunion rien risque risques rouge route rue sa sait salarié salariés
    salut samedi sans santé sauf savait savent savoir science se seconde secondes sécurité selon semaine
    semaines semblable semblait semble sembler sept septembre sera serait seront sert serveur serveurs service
    services servir ses seul seule seulement si siècle simple simplement site sites six social sociale société
    sociétés soi soient soir soit soleil sommes son sont sort sorte sorti sortir source sources sous soutien
    souvent spécial sport stockage su sud suis suit suivant suivi suivre sur sûr surtout système systèmes ta
    table taille tard taux te technique technologie technologies tel téléphone télévision telle temps tenir tenu
    terre tes tête tient toi ton tôt total toujours tous tout toute toutefois toutes train travail travaille
    travailler trente très tribunal trimestre trois troisième trop trouve trouvé trouvent trouver tu type un une
    université utilisateur utilisateurs utilise utilisé utilisée utiliser va vais venait vend vendre vendredi
    vendu vendus venir vente ventes venu venue vers version vert verte veulent veut vidéo vie vieille viennent
    vient vieux ville villes vingt vit vivre voici voient voilà voir voit voiture voitures vont vos votre
    voudrait voulait vouloir voulu vous vrai vraie vraiment vu vue y yeux zéro zone
"""

_CHINESE = """
    一万 一个 一些 一切 一千 一半 一定 一定要 一带一路 一方 一方面 一旦 一样 一百 一直 一种 一般 一起 万亿 万元
    丈夫 三分之一 三星 上下 上升 上午 上司 上市 上市公司 上帝 上海 上海市 上海证券交易所 上涨 上游 上班 上百
    上级 上网 上诉 上调 上述 下一代 下一步 下令 下午 下去 下来 下游 下调 下跌 下载 下降 下降趋势 不久 不仅 不会
    不但 不可能 不同 不少 不得 不断 不是 不用 不确定性 不管 不能 不要 不过 与此同时 专业 专业人士 专利 专卖店
    专家 专用 专门 专项 专题 世界 世界各地 世界杯 世界贸易组织 世纪 业内 业内人士 业务 业界 业绩 东京 东北
    东南亚 东方 东西 东部 两个 两国 严重 个人 个体 个别 个股 中东 中介 中医 中午 中华 中华人民共和国 中华文化
    中华民族 中国 中国人 中国人民 中央 中央处理器 中央银行 中学 中学生 中小企业 中心 中心化 中文 中断 中方 中期
    中欧 中止 中等 中美 中药 中部 中间 为了 为什么 主义 主人 主任 主体 主力 主办 主办方 主动 主席 主张 主持
    主持人 主播 主机 主权 主板 主流 主管 主管部门 主要 主要原因 主题 举报 举措 举行 义务 义务教育 之一 之前 之后
    之间 乌克兰 乘客 也许 乡村 书店 书籍 书记 买卖 买家 了解 争取 争议 争论 事业 事业单位 事业部 事件 事务 事实
    事实上 事情 事故 事项 二十 云南 云计算 互联网 互联网公司 互联网金融 五角大楼 亚太地区 亚洲 交付 交换 交换机
    交易 交易所 交易日 交流 交货 交通 交通运输 交通银行 产业 产业化 产业政策 产业链 产值 产品 产品线 产生 产能
    产量 亲戚 亲自 人为 人事 人事部 人们 人体 人力 人力资源 人口 人口普查 人员 人均 人士 人工 人工成本 人工智能
    人工智能芯片 人性 人性化 人才 人数 人文 人权 人民 人民代表大会 人民币 人民广场 人民政府 人民日报 人民检察院
    人民法院 人民生活 人民群众 人民解放军 人民警察 人民银行 人气 人物 人生 人类 人群 人脸 人脸识别 人质 人造
    人造卫星 人道 人道主义 人间 亿元 什么 今后 今天 今年 今日 仍旧 仍然 从来 从而 仓库 仔细 他们 付出 付款 代价
    代工 代工厂 代替 代理 代理人 代理商 代码 代码库 代表 代表作 代表团 代表性 以上 以下 以为 以便 以内 以前 以及
    以后 以外 以来 以色列 价值 价值观 价格 价钱 任何 任何人 任务 任命 任意 企业 企业家 企业文化 企业管理 企业级
    企图 伊朗 众议员 众议院 优先 优势 优化 优惠 优点 优秀 优质 会员 会场 会晤 会见 会计 会议 会议厅 会议室 会谈
    会长 伟大 传感器 传播 传统 传统文化 传说 传输 传达 伦敦 似乎 但是 低于 低价 低端 住宅 住房 体制 体现 体积
    体系 体育 体育场 体重 体验 佛教 作业 作为 作品 作家 作战 作文 作用 你们 佩服 使得 使用 使用者 例如 供应
    供应商 供应链 供求关系 供电 供给 供需 依据 依法 依然 依照 依赖 依靠 便利 促进 促销 俄罗斯 保卫 保存 保守
    保安 保密 保护 保护主义 保持 保留 保管 保证 保证金 保险 保险业 保险公司 保障 信仰 信任 信任感 信号 信号灯
    信心 信念 信息 信息产业 信息化 信息安全 信息技术 信用 信用卡 修改 修理 倒下 倒卖 倒闭 候选人 借口 债券 债务
    假冒 假如 假期 假设 做法 停业 停产 停止 停电 停留 停车场 健康 健康码 健身 偶尔 偷税 偿还 儿子 儿童 元件 元素
    兄弟 充分 充实 充满 充电 充电桩 充足 先生 先进 光电 光线 克里姆林宫 免费 党员 入口 入库 全体 全国 全国人大
    全球 全球化 全部 全面 公交车 公众 公共 公共卫生 公共服务 公务员 公司 公司治理 公告 公园 公安 公安局 公布
    公平 公开 公开信 公开市场 公式 公斤 公正 公民 公认 公路 公里 共产主义 共产党 共和党 共和国 关于 关心 关注
    关税 关系 关联 关键 关键词 关闭 其中 其他 其它 其实 其次 具体 具体来说 具有 内地 内存 内存条 内容 内心
    内蒙古 内部 内需 冒充 冒险 军事 军事基地 军事行动 军人 军官 军方 军队 农业 农业部 农场 农村 农民 农民工 冬天
    冲击 决定 决定性 决心 决策 决议 冷战 冻结 净利润 凌晨 减低 减少 减排 减税 几个 几乎 出于 出去 出发 出发点
    出口 出口商 出口额 出台 出售 出席 出来 出版 出版社 出现 出生 出租车 出货 出货量 分享 分公司 分别 分子
    分子生物学 分工 分布 分布式 分开 分散 分数 分析 分析师 分歧 分类 分行 分配 分钟 刑事 划分 列表 列车 刚刚
    刚才 创业 创业公司 创业板 创作 创始 创始人 创建 创意 创新 创新能力 创造 判决 判断 利息 利润 利率 利用 利用率
    利益 别人 别墅 到处 到底 到达 制作 制定 制度 制程 制程工艺 制约 制裁 制造 制造业 制造商 前任 前后 前天 前年
    前往 前提 前景 前沿 前进 前面 剧情 力度 办公 办公厅 办公室 办公楼 办法 办理 功能 加上 加入 加大 加密
    加密货币 加州 加工 加强 加拿大 加速 加速器 动作 动力 动员 动态 动机 动物 动画 助手 劳动 劳动力 劳动力市场
    劳动者 包括 化学 北京 北京大学 北京市 北方 北美 北部 区分 区别 区块链 区域 医保 医学 医学院 医生 医疗
    医疗保险 医疗器械 医药 医院 十二 十分 千万 千克 半个 半天 半导体 半导体产业 半导体设备 半岛 半年 华东 华人
    华侨 华北 华南 华尔街 华盛顿 华语 协会 协会会长 协助 协商 协定 协议 协调 单位 单据 单独 单边 卖家 卖点 南京
    南方 南海 南美 南部 南非 博物馆 占据 卡车 卫星 卫星导航 卫星电视 卫生 卫生局 卫生部 卫生间 印度 印度尼西亚
    印度洋 危机 危险 即使 即将 厂商 历任 历史 历史上 历史学家 历史性 厕所 厘米 原则 原创 原告 原因 原子 原子弹
    原子能 原料 原有 原材料 原来 原油 厨房 去中心化 去年 县城 参与 参与者 参加 参数 参考 参观 参议员 参议院 双手
    双方 双边 双边关系 双重 反复 反对 反应 反应堆 反映 反正 反馈 发出 发动机 发射 发展 发展中国家 发布 发布会
    发挥 发明 发烧 发现 发生 发电 发电厂 发票 发行 发表 发表演讲 发言 发言人 发财 发起 发达 发达国家 发达地区
    取消 受到 受限 变动 变化 变成 变更 变革 口号 口袋 古代 另一 另外 只是 只有 只能 只要 召开 可以 可以说 可怕
    可持续 可持续发展 可是 可爱 可能 可能性 可靠 可靠性 台北 台币 台湾 台风 右边 号召 号码 司令 司机 司法 司法部
    各个 各国 各地 各方 各种 各自 合作 合作伙伴 合作社 合同 合并 合成 合格 合法 合理 合适 吉林 同事 同学 同志
    同情 同意 同意书 同时 同样 名义 名单 名声 名字 名称 后天 后来 后果 后续 后面 否定 否认 含义 听说 启动 吸收
    告别 告诉 员工 周一 周五 周末 周边 味道 命令 命运 和平 和平共处 和解 和谐 咖啡 咱们 品牌 品种 品质 响应 哪些
    哪里 哲学 商业 商业化 商业银行 商人 商务 商务部 商品 商场 商家 商店 商量 啤酒 喜剧 喜欢 器材 四川 四川省
    回到 回国 回家 回应 回归 回收 回来 回答 回顾 因为 因子 因此 因素 因而 团体 团结 固定 固定资产 固态硬盘 国产
    国产化 国企 国会 国债 国内 国内生产总值 国别 国务卿 国务院 国务院总理 国土 国外 国家 国家主席 国家安全
    国庆节 国库 国有 国有企业 国有资产 国民 国民经济 国籍 国货 国防 国防部 国际 国际化 国际贸易 图书 图书馆 图像
    图形处理器 图案 图片 图表 土地 在线 地下 地下室 地下水 地位 地区 地图 地址 地方 地方性 地方政府 地点 地球
    地理 地铁 地震 地震局 地面 场合 场景 坚持 坚硬 垂直 型号 埃及 城乡 城市 城市化 城镇 基因 基地 基层 基本
    基本面 基督教 基础 基础上 基础设施 基金 基金会 塑料 增值 增值税 增加 增加值 增广 增强 增速 增长 增长点
    增长率 墨西哥 声明 声称 声音 处于 处理 处理器 处理能力 处罚 处长 复制 复旦大学 夏天 外交 外交官 外交政策
    外交部 外卖 外国 外汇 外界 外贸 外资 外资企业 外部 外面 多少 多数 多方 多边 夜间 大众 大会 大使 大使馆 大力
    大厦 大型 大多数 大学 大学生 大家 大小 大幅 大数据 大楼 大概 大模型 大气 大牌 大米 大约 大胆 大规模
    大规模杀伤性武器 大语言模型 大选 大部分 大量 大门 大陆 天气 天气预报 天津 天然 天然气 天空 太空 太阳 太阳能
    央行 失业 失业率 奖金 奥运会 女人 女儿 女士 女性 女生 她们 好像 好转 如今 如何 如果 如此 妻子 姐妹 姓名 委员
    委员会 媒体 媒体报道 嫌疑人 子公司 存储 存储器 存储芯片 存在 存款 季度 季报 学习 学会 学会会员 学位 学分
    学历 学术 学校 学生 学科 学者 学问 学院 孩子 它们 宇宙 安全 安全保障 安全性 安全漏洞 安徽 安排 安装 安静
    完全 完成 完美 宗教 官司 官员 官方 官方网站 官网 定义 定期 实业 实体 实体经济 实力 实施 实施方案 实时 实现
    实用 实行 实践 实际 实际上 实验 实验室 审判 审批 审查 审核 审计 客人 客户 客户服务 客户端 客户群 客服 客观
    宣传 宣布 宪法 害怕 家乡 家人 家具 家庭 家族 家电 家长 容易 宽度 密切 密封 密度 密码 密集 富有 对于 对外
    对手 对手戏 对抗 对方 对比 对话 对话框 对象 导弹 寿司 封装 封锁 封闭 封面 射击 将来 将要 尊重 小学 小学生
    小心 小时 小米手机 小组 小说 少数 尤其 就业 尺度 尽管 局势 局部 局长 局限 局面 居民 展开 展示 展览 山东 山西
    峰会 崇高 崛起 工业 工业化 工业革命 工人 工人阶级 工会 工会组织 工作 工作人员 工作站 工具 工厂 工厂化 工商
    工商银行 工程 工程师 工程院 工艺 工资 左右 左边 巨大 差不多 差别 已经 巴西 巴黎 市值 市区 市场 市场份额
    市场化 市场监管 市场经济 市场营销 市场需求 市委 市政 市民 市长 师傅 希望 帐户 带动 常常 帽子 幅度 平台
    平台经济 平均 平均水平 平安 平方米 平时 平等 平衡 年代 年底 年度 年报 年轻 年轻人 年龄 并不 并且 并购 并非
    幸福 广东 广东省 广告 广告商 广场 广场舞 广大 广州 广播 广播电台 广泛 广西 库存 应对 应当 应用 应用程序
    应用软件 应聘 应该 底线 底部 庞大 延期 延迟 延长 建立 建筑 建筑物 建议 建设 开业 开发 开发人员 开发区 开发商
    开发者 开口 开始 开封 开展 开幕 开心 开支 开放 开源 开源软件 开盘 开车 开通 引发 引用 引起 弥补 强制 强大
    强度 强调 归还 当事人 当前 当地 当天 当局 当年 当时 当然 当选 录音 形势 形式 形成 形象 影像 影响 影响力
    影响因素 影片 彻底 往往 律师 律师事务所 得到 循环 循环经济 微信 微信公众号 微信支付 微博 微型 微处理器 微妙
    微小 微弱 微波 微波炉 微生物 微电子 微积分 微笑 微米 微观 微调 微软公司 微量 德国 德国人 德语 德黑兰 心中
    心情 心理 心理学 必要 必须 志愿 志愿者 快乐 快速 态度 怎么 怎样 思想 思考 思路 性别 性能 性质 总之 总书记
    总体 总是 总理 总经理 总结 总统 总统大选 总统府 恐怕 恐怖 恐怖主义 恐怖分子 悠久 情况 情形 情感 情报 情报局
    情报机构 情景 情绪 想要 意义 意味着 意外 意大利 意志 意思 意见 意识 意识到 意识形态 感到 感动 感受 感情 感染
    感觉 感谢 愤怒 愿意 愿意接受 慈善 慰问 成为 成人 成分 成功 成员 成本 成果 成熟 成立 成绩 成都 成长 成长性
    我们 我国 或者 或许 战争 战争罪 战场 战士 战斗 战略 户外 房价 房地产 房子 房屋 房间 所以 所有 所有权 所有者
    所谓 手工 手工业 手指 手术 手机 手机号 手机芯片 手段 手续 手续费 手表 才能 打击 打印机 打开 执法 执照 执行
    执行官 执行长 扩充 扩大 扶持 批发 批评 找到 承担 承认 技术 技术人员 技术创新 技术性 技能 投产 投票 投诉 投资
    投资人 投资者 投资银行 抢购 护照 护理 报价 报名 报告 报复 报纸 报表 报警 报道 报道称 报酬 抵制 抵达 担保
    担心 拍卖 拍照 拘留 招牌 招聘 拜登 拥有 拼音 持久 持有 持续 持续性 指令 指出 指定 指导 指挥 指控 指数 指标
    指示 指责 按照 挑战 捐款 捐赠 据了解 据悉 据报道 据说 掌声 排名 排放 排队 排除 接受 接口 接待 接着 接触 接近
    控制 控诉 推出 推动 推广 推理 推理能力 推荐 推行 推进 推迟 推销 措施 提交 提供 提供商 提出 提前 提升 提示
    提醒 提高 援助 摄影 撤回 操作 操作系统 支付 支付宝 支出 支持 支持者 支援 支撑 支行 收入 收到 收回 收据 收益
    收益率 收盘 收购 收费 收集 改变 改善 改正 改组 改编 改进 改造 改革 改革开放 攻击 放心 政党 政变 政府
    政府部门 政权 政治 政治局 政策 政策性 故事 故意 效率 敌人 敏感 救助 救护车 救援 教会 教学 教学楼 教室 教师
    教师节 教授 教材 教练 教育 教育部 教训 数千 数字 数字化 数字经济 数字货币 数学 数据 数据中心 数据分析
    数据安全 数据库 数百 数目 数码 数量 整体 整理 文件 文化 文化遗产 文字 文学 文明 文章 文艺 斗争 新一代 新冠
    新加坡 新华社 新型 新增 新年 新手 新生 新疆 新能源 新能源汽车 新闻 新闻发布会 新鲜 方便 方向 方式 方案 方法
    方针 方面 施工 旁边 旅客 旅游 旅游业 旅行 旅馆 旋转 无人 无人机 无人驾驶 无关 无效 无数 无法 无疑 无线
    无线电 无线网络 无论 无限 既然 日元 日前 日历 日子 日常 日报 日期 日本 日本人 日益 日程 早上 早餐 时代
    时代周刊 时候 时刻 时期 时机 时空 时间 明天 明年 明星 明显 星期 星期一 星期日 星球 星空 春天 春节 昨天 昨日
    是否 是非 显卡 显得 显微镜 显然 显示 显示器 显示屏 显著 晚上 晚会 晚餐 普京 普通 普通话 景色 晶体 晶体管
    晶圆 晶圆代工 晶圆厂 智力 智库 智慧 智慧城市 智能 智能制造 智能化 智能家居 智能手机 智能汽车 暴力 暴雨 暴露
    更加 更多 更新 曾经 替代 最低 最初 最后 最多 最大 最好 最终 最近 最高 最高人民法院 最高法院 月份 月底 月球
    有人 有关 有关部门 有利 有力 有名 有意 有所 有效 有效性 有时 有时候 有望 有趣 有限 有限公司 有限责任公司
    朋友 朋友圈 服务 服务业 服务员 服务商 服务器 服务机构 服装 期待 期望 期间 期限 木材 未来 本人 本国 本质 机会
    机会主义 机会成本 机关 机制 机器 机器人 机器学习 机器视觉 机场 机场高速 机密 机构 机械 机票 机遇 杂志 杂志社
    权利 权限 材料 条件 条例 条款 条约 来到 来自 杭州 杰出 极限 构建 构成 架构 柏林 某些 标准 标准化 标志 标志性
    标志着 标签 标题 校长 样品 核心 核心技术 核武器 核电站 核能 根据 根本 案件 桌子 检察官 检察院 检查 检测 椅子
    楼市 概率 模块 模型 模型训练 模式 模拟 欧元 欧洲 欧盟 欧美 欺诈 正义 正在 此前 此外 此次 步行 武器 武器库
    武汉 武汉市 母亲 母公司 每个 每天 每年 毒品 比如 比特币 比率 比较 毕业 毕业生 毛利率 毫无 毫米 民主 民主党
    民事 民众 民族 民营企业 民间 气体 气候 气候变化 气温 水平 水库 水果 永久 永远 汇报 汇率 汉字 汉语 江苏 江西
    汽油 汽车 汽车制造商 汽车工业 沉重 沙特阿拉伯 沟通 没有 河北 河南 油价 治安 泄漏 泄露 法人 法令 法国 法国人
    法官 法定 法庭 法律 法律责任 法案 法治 法规 法语 法院 法院院长 波兰 波动 注意 注意力 泰国 洗衣机 洗钱 津贴
    洪水 活动 流动 流动性 流程 流行 流通 浙江 浪潮 浪费 海上 海关 海军 海南 海外 海峡 海底 海底捞 海报 海洋 海边
    消失 消息 消极 消费 消费品 消费电子 消费者 消除 涨价 液体 深入 深刻 深圳 深圳证券交易所 深处 深度 深度学习
    混合 清华大学 渠道 渠道商 温度 港口 游客 游戏 游戏机 游泳 湖北 湖南 湿度 源代码 溶解 满意 漏洞 演出 演变
    演讲 澳大利亚 澳门 激动 激发 火星 火灾 火箭 火车 火车站 灰色 灰色地带 灾害 灾难 点击 点评 热心 热情 热潮
    热线 然后 然而 煤炭 煤矿 照片 照相机 照顾 燃料 燃气 爆发 爱心 爱情 父亲 父母 牌照 牛奶 牧场 物价 物体 物品
    物理 物理学 物联网 物质 物资 特别 特定 特征 特性 特朗普 特朗普政府 特殊 特点 特色 犯罪 犯罪嫌疑人 独特 玉米
    环保 环境 环境保护 环球 环节 现代 现代化 现任 现在 现场 现实 现金 现金流 理事会 理念 理想 理由 理解 理论
    理论上 理财 瑞典 瑞士 甘肃 甚至 生产 生产力 生产商 生产线 生命 生命线 生存 生态 生态环境 生态系统 生意
    生意人 生成 生成式 生成式人工智能 生日 生气 生活 生活方式 生物 生物学 生物技术 生病 用于 用品 用户 用户体验
    用电 用途 由于 申请 申请人 电价 电信 电信运营商 电力 电力公司 电力系统 电动 电动汽车 电动车 电压 电商
    电商平台 电器 电子 电子书 电子产品 电子信息 电子元件 电子商务 电子商务平台 电子工业 电子战 电子游戏 电子版
    电子科技 电子竞技 电子设备 电子邮件 电影 电影节 电影院 电气 电池 电流 电源 电灯 电网 电脑 电视 电视剧 电视台
    电视机 电话 电话会议 电话号码 电费 电路 电路板 男人 男性 男生 画家 留学生 疑问 疫情 疫苗 疾病 病人 病毒
    病毒性 痛苦 癌症 白宫 白色 白酒 百万 百分之 百分比 百分点 百度地图 百度百科 百科 百货 皮革 盈利 监控 监测
    监狱 监督 监管 监管机构 监管部门 目光 目前 目录 目标 目的 目的地 盲目 直到 直升机 直接 直接投资 直播 直播间
    直线 直销 相互 相似 相信 相关 相反 相同 相对 相对论 相当 相当于 相机 相比 相继 省份 省会 省委 省长 看到 看法
    真假 真实 真正 真的 真相 眼下 知名 知名度 知识 知识产权 知识分子 知道 短期 石化 石油 石油公司 石英 矿产 研制
    研发 研发中心 研究 研究人员 研究员 研究所 研究报告 研究生 研究院 破产 硅谷 硬件 硬件设备 硬币 硬盘 确保 确定
    确定性 确实 确认 碳排放 社交 社交媒体 社会 社会主义 社会保险 社会保障 社会学 社会科学 社区 祖国 神经
    神经网络 禁令 禁售 禁止 福利 福建 离开 私人 私有 私有化 私营企业 秋天 种子 种族 种植 种类 科学 科学家
    科学技术 科学院 科学院院士 科幻 科技 科技公司 科技部 科目 科研 科研人员 秘书 秘书长 秘密 积分 移动
    移动互联网 移动电话 稀土 稀土元素 程序 程序员 程度 稍微 税务 税收 税率 稳定 稳定性 究竟 空中 空军 空气 空调
    空间 空间站 突出 窗口 窗户 立体 立刻 立即 立场 立法 竞争 竞争力 竞争对手 竞赛 符号 符合 第一 第一时间 第一次
    第一财经 第三 第三方 第二 第五 第四 等等 筛选 签名 签证 简单 简历 简直 算力 算法 管制 管理 管理员 管理局
    管理层 管理部门 米饭 类别 粒子 精华 精英 精选 系统 素质 繁华 红利 红色 级别 纪律 纪要 纳米 纽约
    纽约证券交易所 线上 线下 组件 组合 组合拳 组成 组织 组织结构 组装 细微 细胞 细节 细菌 终于 终身 经典 经历
    经常 经济 经济体 经济发展 经济增长 经济学 经济学家 经济特区 经理 经理人 经营 经费 经过 经销商 经验 结合
    结合起来 结婚 结局 结束 结构 结果 结算 结论 绝对 统一 统治 统计 统计局 继任者 继承人 继续 维修 维护 维持
    综合 绿色 绿色能源 缓解 编写 编制 编号 编码 编程 编辑 网上 网友 网址 网民 网球 网站 网络 网络安全 网络攻击
    网络游戏 网页 罪犯 美丽 美元 美国 美国商务部 美国国会 美国总统 美国政府 美女 美好 美方 美术 美术馆 美洲
    美联储 美股 美食 老人 老实 老师 老年 老板 老百姓 而且 而是 耐心 职场 职工 职能 联合 联合会 联合体 联合国
    联合国安理会 联合声明 联想 联盟 联系 联系人 联网 联邦 联邦政府 联邦调查局 聘请 聚会 股东 股东会 股东大会
    股价 股份 股份有限公司 股市 股权 股票 股票市场 肯定 背后 背景 胜利 能力 能够 能源 能源部 能量 能量密度 腐败
    自主 自主创新 自主研发 自信 自动 自动化 自动驾驶 自己 自律 自愿 自杀 自然 自然语言 自由 自由贸易 自行车 自身
    至于 至少 航天 航母 航班 航空 航空公司 航空航天 良心 色彩 艺术 艺术家 节日 节目 节能 芒果 芯片 芯片制造
    芯片设计 花费 苏州 英国 英国人 英寸 英文 英文版 英语 英里 英镑 英雄 苹果 苹果手机 苹果电脑 茅台 茶叶 草原
    药品 药物 荷兰 莫斯科 菜单 菲律宾 营业 营业收入 营养 营收 营销 落后 落实 著名 董事 董事会 董事会议 董事长
    蓝图 蓝牙 蓝色 蔬菜 虚假 虚拟 虚拟现实 虚拟货币 虽然 虾米 融资 行业 行为 行动 行动计划 行情 行政 行政部门
    行星 行李 行驶 街道 街道办 衣服 补偿 补充 补贴 表情 表明 表演 表现 表示 表达 表面 被告 袭击 裤子 西北 西南
    西安 西方 西班牙 西藏 西部 要求 要素 规划 规则 规定 规律 规律性 规格 规模 规范 视觉 视频 视频会议 角度 角色
    解决 解决方案 解放 解放军 解散 解释 解除 触发 警告 警察 警报 警方 譬如 计划 计划经济 计算 计算器 计算机
    计算机科学 订单 订货 订购 认为 认可 认真 认证 认识 训练 训练数据 议会 议会选举 议员 议题 讲话 讲述 许可
    许可证 论坛 论文 论证 设备 设施 设法 设立 设置 设计 设计师 设计院 访问 访问量 证书 证人 证券 证券交易所
    证券公司 证券市场 证据 证明 证监会 评价 评估 评级 评论 评论员 识别 诈骗 诉讼 试图 诚实 话题 询问 详细 语言
    语言模型 语音 语音助手 语音识别 说明 说明书 说服 说法 请假 请求 请问 课程 调动 调整 调查 调查局 调节 谈判
    豪华 负债 负担 负责 负责人 负责任 财产 财务 财务官 财务报表 财富 财报 财政 财政部 财经 责任 责任心 账号
    账号密码 账户 账目 货币 货币政策 货物 货运 质量 质量管理 贩卖 贪污 购买 购物 贵州 贷款 贸易 贸易保护主义
    贸易战 贸易逆差 费用 费用率 贿赂 资产 资产负债表 资料 资本 资本主义 资本市场 资格 资源 资讯 资金 资金链 赌场
    赔偿 起来 起步 起源 起草 起诉 超人 超出 超前 超声 超声波 超大规模 超导 超导体 超市 超时 超标 超级 超级市场
    超级计算机 超薄 超越 超过 超速 超重 超频 超额 超高 越南 趋势 跨国 跨国公司 跨境电商 路口 路线 身份 身份证
    身体 身边 车库 车牌 车站 车辆 车间 轨道 转变 转型 转换 转移 转让 转达 软件 软件工程 软件开发 轻微 轻易 输出
    边境 边界 边缘 边缘计算 辽宁 达到 达成 迅速 过去 过程 运作 运动 运动会 运动员 运河 运用 运算 运营 运营商
    运行 运输 近年 近年来 近日 近期 返回 还原 还是 还有 还款 还没 这个 这么 这些 这样 这里 进一步 进入 进出口
    进口 进口商品 进展 进步 进程 进行 违反 违法 连接 连续 迟到 追求 退出 适合 适用 逃税 选举 选手 选拔 选择 选民
    选项 通信 通信网络 通常 通用 通用人工智能 通知 通知书 通讯 通讯社 通货 通货膨胀 通过 速度 速率 造成 逮捕
    遇到 道德 道歉 道理 道路 遗传 邀请 那个 那么 那些 那样 那里 邮件 部分 部署 部长 部门 部队 配件 配合 酒店
    采取 采用 采访 采购 采集 里程 重复 重大 重庆 重庆市 重建 重新 重点 重组 重要 重要性 重视 重量 量产 量子
    量子计算 金属 金牌 金融 金融危机 金融市场 金融机构 金钱 金额 鉴别 针对 钢材 钢铁 铁路 铁路局 铜矿 银行
    银行业 银行卡 链接 销售 销售额 销量 锂电池 长久 长城 长度 长期 长江 长远 门口 问答 问题 间接 防止 阴影 阵线
    阶段 阻止 阿联酋 陆续 降价 降低 降息 限制 限制性 陕西 院士 院长 除了 除非 除非是 随后 随意 随着 隧道 难度
    集中 集体 集团 集团公司 集成 集成电路 零件 零售 零售商 零部件 雷达 需求 需求量 需要 青少年 青年 青海 非常
    非法 非法交易 非洲 非营利 面包 面对 面条 革命 革命性 鞋子 韩元 韩国 音乐 音乐会 音频 项目 项目经理 顺利 顾客
    顾问 预先 预定 预期 预测 预算 预警 预计 预订 预防 领域 领导人 频率 频道 题材 题目 颜色 风景 风景区 风暴 风格
    风电 风险 风险投资 风险管理 飞机 飞船 飞行 食品 食品安全 食堂 食物 餐厅 饭店 饮料 首先 首创 首席 首席执行官
    首席财务官 首批 首次 首相 首脑 首脑会议 首都 首页 香港 香港大学 香港特别行政区 马上 马来西亚 驳回 驾驶
    驾驶员 高中 高兴 高原 高峰 高峰会 高度 高性能计算 高新技术 高新技术企业 高校 高潮 高科技 高端 高管 高级 高考
    高超音速 高通胀 高通量 高速 高速公路 高铁 鸡蛋 黄昏 黄河 黄色 黄金 黄金价格 黄金周 黄金时间 黑客 黑市 黑洞
    黑色 黑龙江
"""

_NAMES = """
    三星电子 中兴通讯 中微公司 中芯国际 中际旭创 亚马逊 京东 任正非 兆易创新 先进制程 先进封装 光刻机 出口管制
    制裁名单 北方华创 华为 华虹半导体 博通 台积电 商汤科技 壁仞科技 奈飞 奥尔特曼 字节跳动 宁德时代 实体清单
    富士康 寒武纪 小米 工业富联 库克 应用材料 微软 德州仪器 思科 惠普公司 戴尔 技术封锁 拼多多 推特 摩尔线程
    新易盛 日月光 昇腾 次级制裁 比亚迪 浪潮信息 海光信息 海力士 深度求索 澜起科技 燧原科技 特斯拉 甲骨文 百度
    科大讯飞 索尼 紫光国微 美光科技 美团 美超微 联发科 联想集团 脸书 腾讯 芯片法案 苏姿丰 英伟达 英特尔 苹果公司
    谷歌 走私 超微半导体 软银集团 长江存储 长臂管辖 长鑫存储 阿斯麦 阿里巴巴 韦尔股份 马斯克 高带宽内存 高通
    鸿海精密 麒麟芯片 黄仁勋 龙芯中科
"""

ENGLISH = frozenset(_ENGLISH.split())
FRENCH = frozenset(_FRENCH.split())
NAMES = frozenset(_NAMES.split())
"""Chinese names and terms of the field: common, yet words that an operator may well watch alone."""
CHINESE = frozenset(_CHINESE.split()) | NAMES
_ALL = "\n".join(CHINESE)
_ENOUGH = 3


def everyday(word: str) -> bool:
    """Whether a word is too common to be watched alone, in whatever case it is written; names are not."""
    word = word.casefold()
    return word in ENGLISH or word in FRENCH or (word in CHINESE and word not in NAMES)


def wider(word: str) -> tuple[str, ...]:
    """Common Chinese words that hold this one and are longer: the shortest three, those that begin with it first."""
    if not word or word not in _ALL:  # nearly always, and 100 times as fast as the list
        return ()
    longer = (other for other in CHINESE if word in other and word != other)
    return tuple(sorted(longer, key=lambda other: (len(other), not other.startswith(word), other))[:_ENOUGH])
