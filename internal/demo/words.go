package demo

// Invented people and places: common given and family names put together at random, and names of institutions that say what
// they are.
var (
	given = [2][]string{
		{"Мария", "Елена", "Десислава", "Гергана", "Ивелина", "Радостина", "Силвия", "Теодора", "Виолета", "Надежда", "Цветелина", "Йоана", "Магдалена", "Петя", "Росица", "Снежана", "Таня", "Анелия", "Ваня", "Донка", "Женя", "Златка", "Кремена", "Людмила"},
		{"Георги", "Иван", "Николай", "Стефан", "Пламен", "Красимир", "Владимир", "Атанас", "Христо", "Тодор", "Ясен", "Мартин", "Емил", "Любомир", "Явор", "Румен"},
	}
	family = []string{"Илиев", "Петров", "Димов", "Стоянов", "Колев", "Ангелов", "Тодоров", "Маринов", "Атанасов", "Велев", "Рашков", "Ганчев", "Савов", "Бонев", "Цанков", "Желев", "Митев", "Радев", "Костов", "Пенчев", "Дочев", "Лазаров", "Минчев", "Русев", "Бориславов", "Вълчев", "Гочев", "Динев", "Евтимов", "Златев", "Щерев", "Юруков", "Янакиев", "Чавдаров", "Шопов", "Хаджиев", "Узунов", "Трифонов", "Славов", "Панов"}
	venues = [][2]string{
		{"Хотел „Тракия“, зала 2", "Trakia Hotel, hall 2"}, {"Младежки дом", "Youth House"}, {"Регионална библиотека", "Regional Library"},
		{"Дом на учителя", "Teachers’ House"}, {"Общински културен център", "Municipal Cultural Centre"}, {"Хотел „Бряст“", "Bryast Hotel"},
	}

	professions = map[string][]string{
		"social": {"cpd_social_worker", "case_lead", "service_social_worker", "service_manager", "psychologist"}, "education": {"teacher", "class_teacher", "pedagogical_counsellor", "school_psychologist", "school_head"},
		"police": {"cpo_inspector", "district_inspector", "police_operative"}, "ngo": {"ngo_expert", "psychologist"}, "municipality": {"municipal_expert"}, "health": {"gp", "hospital_rep"}, "mediation": {"mediator", "educational_mediator"},
	}
	kinds = map[string][]string{
		"social": {"sad", "sad", "community_support", "crisis_centre", "day_centre"}, "education": {"school", "school", "kindergarten", "education_department"}, "police": {"police_district", "police_region"},
		"ngo": {"ngo"}, "municipality": {"municipality"}, "health": {"hospital", "practice"}, "mediation": {"mediation_centre"},
	}
	names = map[string][]string{
		"sad":               {"Дирекция „Социално подпомагане“ %s", "Отдел „Закрила на детето“ %s"},
		"community_support": {"Център за обществена подкрепа „Искра“, %s", "Център за обществена подкрепа „Мост“, %s"},
		"crisis_centre":     {"Кризисен център „Пристан“, %s"}, "day_centre": {"Дневен център „Слънце“, %s"},
		"school":       {"Основно училище „Изгрев“, %s", "Средно училище „Бъдеще“, %s", "Основно училище „Извор“, %s", "Профилирана гимназия „Хоризонт“, %s", "Начално училище „Пчелица“, %s"},
		"kindergarten": {"Детска градина „Калинка“, %s", "Детска градина „Щурче“, %s"}, "education_department": {"Регионално управление на образованието %s"},
		"police_district": {"Първо районно управление %s", "Второ районно управление %s", "Трето районно управление %s"}, "police_region": {"Областна дирекция на МВР %s"},
		"ngo": {"Сдружение „Длан“, %s", "Фондация „Светъл ден“, %s"}, "municipality": {"Община %s"}, "hospital": {"Болница „Здраве“, %s"}, "practice": {"Лекарска практика „Доверие“, %s"},
		"mediation_centre": {"Център по медиация „Диалог“, %s"},
	}
)
