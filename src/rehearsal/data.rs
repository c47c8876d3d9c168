//! Where invented people come from and what they are called: small typed lists, parsed once. The first eighteen
//! countries and their shares are those that sent most people to the International Librarians Network; the others
//! follow in falling numbers. Nothing here claims to be complete, and nothing but the rehearsal may use it.

use std::sync::LazyLock;

/// A country as its people write about it.
#[derive(Debug)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    pub name: &'static str,
    /// What people write as well: short forms, or the name in their own language.
    pub also: Vec<&'static str>,
    /// BCP 47, the commonest first.
    pub languages: Vec<&'static str>,
    /// The list of names that most people there come from.
    pub names: &'static str,
    /// IANA names; a zone that stands twice is twice as likely.
    pub zones: Vec<&'static str>,
}

/// Shares of the countries that sent most people, in the order of [`COUNTRIES`].
pub const HEAD_SHARES: [f64; 18] = [
    0.200, 0.125, 0.110, 0.085, 0.050, 0.040, 0.035, 0.030, 0.022, 0.020, 0.018, 0.017, 0.016,
    0.016, 0.015, 0.012, 0.010, 0.010,
];

/// code | name | other ways to write it | languages | list of names | zones
const COUNTRY_LINES: &str = "\
US|United States|USA,U.S.A.,United States of America|en,es|english|America/New_York,America/New_York,America/Chicago,America/Denver,America/Los_Angeles
AU|Australia|Australia|en|english|Australia/Sydney,Australia/Sydney,Australia/Melbourne,Australia/Perth,Australia/Adelaide
GB|United Kingdom|UK,England,Scotland,Great Britain|en|english|Europe/London
CA|Canada|Canada|en,fr|english|America/Toronto,America/Toronto,America/Vancouver,America/Edmonton,America/Halifax
IN|India|India|hi,ta,bn|indian|Asia/Kolkata
NZ|New Zealand|Aotearoa New Zealand,NZ|en|english|Pacific/Auckland
ZA|South Africa|RSA|en,af,zu|southern-african|Africa/Johannesburg
DE|Germany|Deutschland|de|german|Europe/Berlin
NL|Netherlands|The Netherlands,Holland|nl|dutch|Europe/Amsterdam
SG|Singapore|Singapore|en,zh,ms|chinese|Asia/Singapore
KE|Kenya|Kenya|sw|east-african|Africa/Nairobi
NG|Nigeria|Nigeria|en,yo,ig|west-african|Africa/Lagos
FR|France|France|fr|french|Europe/Paris
BR|Brazil|Brasil|pt|portuguese|America/Sao_Paulo,America/Sao_Paulo,America/Bahia,America/Manaus
IE|Ireland|Ireland|en,ga|english|Europe/Dublin
MX|Mexico|México|es|hispanic|America/Mexico_City,America/Mexico_City,America/Monterrey,America/Tijuana
AE|United Arab Emirates|UAE|ar|arabic|Asia/Dubai
JP|Japan|Japan|ja|japanese|Asia/Tokyo
PL|Poland|Polska|pl|polish|Europe/Warsaw
ES|Spain|España|es,ca|hispanic|Europe/Madrid
IT|Italy|Italia|it|italian|Europe/Rome
PT|Portugal|Portugal|pt|portuguese|Europe/Lisbon
PH|Philippines|The Philippines|tl|filipino|Asia/Manila
SE|Sweden|Sverige|sv|nordic|Europe/Stockholm
RO|Romania|România|ro|romanian|Europe/Bucharest
HR|Croatia|Hrvatska|hr|south-slavic|Europe/Zagreb
PK|Pakistan|Pakistan|ur|persian|Asia/Karachi
FI|Finland|Suomi|fi|nordic|Europe/Helsinki
GR|Greece|Hellas|el|greek|Europe/Athens
CN|China|PR China|zh|chinese|Asia/Shanghai
AR|Argentina|Argentina|es|hispanic|America/Argentina/Buenos_Aires
GH|Ghana|Ghana|en,ak|west-african|Africa/Accra
NO|Norway|Norge|no|nordic|Europe/Oslo
BE|Belgium|België,Belgique|nl,fr|dutch|Europe/Brussels
TR|Turkey|Türkiye|tr|turkish|Europe/Istanbul
RU|Russia|Russian Federation|ru|russian|Europe/Moscow,Europe/Moscow,Asia/Yekaterinburg,Asia/Novosibirsk
HK|Hong Kong|Hong Kong|zh,en|chinese|Asia/Hong_Kong
CH|Switzerland|Schweiz,Suisse|de,fr,it|german|Europe/Zurich
UG|Uganda|Uganda|en,sw|east-african|Africa/Kampala
MY|Malaysia|Malaysia|ms,en|malay|Asia/Kuala_Lumpur
DK|Denmark|Danmark|da|nordic|Europe/Copenhagen
CZ|Czechia|Czech Republic|cs|czech|Europe/Prague
HU|Hungary|Magyarország|hu|hungarian|Europe/Budapest
UA|Ukraine|Ukraine|uk,ru|russian|Europe/Kyiv
AT|Austria|Österreich|de|german|Europe/Vienna
CO|Colombia|Colombia|es|hispanic|America/Bogota
CL|Chile|Chile|es|hispanic|America/Santiago
ID|Indonesia|Indonesia|id|malay|Asia/Jakarta,Asia/Jakarta,Asia/Makassar
EG|Egypt|Egypt|ar|arabic|Africa/Cairo
BD|Bangladesh|Bangladesh|bn|indian|Asia/Dhaka
ZW|Zimbabwe|Zimbabwe|en,sn|southern-african|Africa/Harare
JM|Jamaica|Jamaica|en|english|America/Jamaica
LK|Sri Lanka|Sri Lanka|si,ta|indian|Asia/Colombo
VN|Vietnam|Viet Nam|vi|vietnamese|Asia/Ho_Chi_Minh
KR|South Korea|Republic of Korea|ko|korean|Asia/Seoul
TW|Taiwan|Taiwan|zh|chinese|Asia/Taipei
RS|Serbia|Srbija|sr|south-slavic|Europe/Belgrade
BG|Bulgaria|Bulgaria|bg|south-slavic|Europe/Sofia
LT|Lithuania|Lietuva|lt|baltic|Europe/Vilnius
LV|Latvia|Latvija|lv|baltic|Europe/Riga
EE|Estonia|Eesti|et|baltic|Europe/Tallinn
SI|Slovenia|Slovenija|sl|south-slavic|Europe/Ljubljana
SK|Slovakia|Slovensko|sk|czech|Europe/Bratislava
TZ|Tanzania|Tanzania|sw|east-african|Africa/Dar_es_Salaam
BW|Botswana|Botswana|en,tn|southern-african|Africa/Gaborone
TT|Trinidad and Tobago|Trinidad & Tobago|en|english|America/Port_of_Spain
PE|Peru|Perú|es|hispanic|America/Lima
UY|Uruguay|Uruguay|es|hispanic|America/Montevideo
IL|Israel|Israel|he|arabic|Asia/Jerusalem
TH|Thailand|Thailand|th|vietnamese|Asia/Bangkok
QA|Qatar|Qatar|ar|arabic|Asia/Qatar
SA|Saudi Arabia|KSA|ar|arabic|Asia/Riyadh
LB|Lebanon|Lebanon|ar,fr|arabic|Asia/Beirut
JO|Jordan|Jordan|ar|arabic|Asia/Amman
MA|Morocco|Maroc|ar,fr|arabic|Africa/Casablanca
NP|Nepal|Nepal|ne|indian|Asia/Kathmandu
FJ|Fiji|Fiji|en|pacific|Pacific/Fiji
MT|Malta|Malta|mt,en|italian|Europe/Malta
CY|Cyprus|Cyprus|el|greek|Asia/Nicosia
IS|Iceland|Ísland|is|nordic|Atlantic/Reykjavik
CR|Costa Rica|Costa Rica|es|hispanic|America/Costa_Rica
EC|Ecuador|Ecuador|es|hispanic|America/Guayaquil
ZM|Zambia|Zambia|en|southern-african|Africa/Lusaka
NA|Namibia|Namibia|en,af|southern-african|Africa/Windhoek
MW|Malawi|Malawi|en|southern-african|Africa/Blantyre
ET|Ethiopia|Ethiopia|am|east-african|Africa/Addis_Ababa
RW|Rwanda|Rwanda|rw,en,fr|east-african|Africa/Kigali
SN|Senegal|Sénégal|fr,wo|west-african|Africa/Dakar
CM|Cameroon|Cameroun|fr,en|west-african|Africa/Douala
MU|Mauritius|Mauritius|en,fr|indian|Indian/Mauritius
IR|Iran|Iran|fa|persian|Asia/Tehran
KW|Kuwait|Kuwait|ar|arabic|Asia/Kuwait
OM|Oman|Oman|ar|arabic|Asia/Muscat
BA|Bosnia and Herzegovina|Bosna i Hercegovina|bs|south-slavic|Europe/Sarajevo
LU|Luxembourg|Luxembourg|fr,de|french|Europe/Luxembourg
GE|Georgia|Georgia|ka|russian|Asia/Tbilisi
AM|Armenia|Armenia|hy|russian|Asia/Yerevan
KZ|Kazakhstan|Kazakhstan|kk,ru|russian|Asia/Almaty
MD|Moldova|Moldova|ro|romanian|Europe/Chisinau
MK|North Macedonia|Macedonia|mk|south-slavic|Europe/Skopje
AL|Albania|Shqipëria|sq|south-slavic|Europe/Tirane
ME|Montenegro|Crna Gora|sr|south-slavic|Europe/Podgorica
TN|Tunisia|Tunisie|ar,fr|arabic|Africa/Tunis
DZ|Algeria|Algérie|ar,fr|arabic|Africa/Algiers
VE|Venezuela|Venezuela|es|hispanic|America/Caracas
CU|Cuba|Cuba|es|hispanic|America/Havana
DO|Dominican Republic|República Dominicana|es|hispanic|America/Santo_Domingo
PR|Puerto Rico|Puerto Rico|es,en|hispanic|America/Puerto_Rico
BB|Barbados|Barbados|en|english|America/Barbados
BM|Bermuda|Bermuda|en|english|Atlantic/Bermuda
BS|Bahamas|The Bahamas|en|english|America/Nassau
GT|Guatemala|Guatemala|es|hispanic|America/Guatemala
PA|Panama|Panamá|es|hispanic|America/Panama
BO|Bolivia|Bolivia|es|hispanic|America/La_Paz
PY|Paraguay|Paraguay|es|hispanic|America/Asuncion
SV|El Salvador|El Salvador|es|hispanic|America/El_Salvador
HN|Honduras|Honduras|es|hispanic|America/Tegucigalpa
NI|Nicaragua|Nicaragua|es|hispanic|America/Managua
PG|Papua New Guinea|PNG|en|pacific|Pacific/Port_Moresby
WS|Samoa|Samoa|sm,en|pacific|Pacific/Apia
TO|Tonga|Tonga|to,en|pacific|Pacific/Tongatapu
MV|Maldives|Maldives|dv|arabic|Indian/Maldives
MM|Myanmar|Burma|my|vietnamese|Asia/Yangon
KH|Cambodia|Cambodia|km|vietnamese|Asia/Phnom_Penh
MN|Mongolia|Mongolia|mn|russian|Asia/Ulaanbaatar
UZ|Uzbekistan|Uzbekistan|uz|russian|Asia/Tashkent
AZ|Azerbaijan|Azerbaijan|az|turkish|Asia/Baku
IQ|Iraq|Iraq|ar|arabic|Asia/Baghdad
BH|Bahrain|Bahrain|ar|arabic|Asia/Bahrain
AF|Afghanistan|Afghanistan|fa|persian|Asia/Kabul
LS|Lesotho|Lesotho|en|southern-african|Africa/Maseru
SZ|Eswatini|Swaziland|en|southern-african|Africa/Mbabane
MZ|Mozambique|Moçambique|pt|portuguese|Africa/Maputo
GM|Gambia|The Gambia|en|west-african|Africa/Banjul
SL|Sierra Leone|Sierra Leone|en|west-african|Africa/Freetown
SD|Sudan|Sudan|ar|arabic|Africa/Khartoum
BT|Bhutan|Bhutan|dz|indian|Asia/Thimphu
BN|Brunei|Brunei Darussalam|ms|malay|Asia/Brunei
KY|Cayman Islands|Cayman Islands|en|english|America/Cayman
";

/// list | given names | family names
const NAME_LINES: &str = "\
english|Sarah,Emma,Olivia,Grace,Hannah,Megan,Rachel,Kate,Lucy,Ruth,James,Daniel,Thomas,Peter,Andrew,Michael,Fiona,Alison,Claire,Joanne|Miller,Taylor,Walker,Thompson,Harris,Clarke,Robinson,Hughes,O'Brien,Campbell,Mitchell,Bennett,Fraser,Kelly,Murphy,Carter,Nguyen-Hall,Reid,Sullivan,Woods
hispanic|María,Lucía,Carmen,Ana,Isabel,Sofía,Valentina,Elena,Rosa,Pilar,José,Luis,Carlos,Javier,Diego,Andrés,Mónica,Verónica|García,Rodríguez,Martínez,López,Hernández,González,Pérez,Sánchez,Ramírez,Torres,Flores,Díaz,Muñoz,Núñez,Castro,Ortega
french|Camille,Élodie,Claire,Sophie,Chloé,Margaux,Hélène,Aurélie,Julien,Nicolas,François,Luc,Mathieu,Benoît|Dubois,Lefèvre,Moreau,Laurent,Girard,Roux,Fournier,Mercier,Blanc,Guérin,Faure,Chevalier
german|Anna,Katharina,Julia,Sabine,Ulrike,Lena,Jana,Petra,Markus,Stefan,Jürgen,Tobias,Jörg,Martin|Müller,Schmidt,Schneider,Fischer,Weber,Wagner,Becker,Schäfer,Köhler,Böhm,Krüger,Vogel,Lang
dutch|Sanne,Anouk,Femke,Marieke,Lotte,Eva,Els,Daan,Jeroen,Pieter,Maarten,Bram|de Vries,Jansen,van den Berg,Bakker,Visser,Smit,Meijer,de Boer,Mulder,Peeters,Maes
nordic|Ingrid,Astrid,Sofie,Linnéa,Kirsten,Aino,Freja,Sigrún,Elin,Lars,Mikael,Jón,Henrik,Søren,Åsa|Andersson,Johansson,Nilsen,Hansen,Korhonen,Virtanen,Jensen,Lindqvist,Bergström,Mäkinen,Østergaard,Dahl
polish|Agnieszka,Katarzyna,Małgorzata,Joanna,Magdalena,Ewa,Zofia,Piotr,Tomasz,Paweł,Łukasz,Marcin|Nowak,Kowalska,Wiśniewska,Wójcik,Kamińska,Lewandowska,Zielińska,Szymański,Woźniak,Dąbrowska
czech|Jana,Lucie,Tereza,Kateřina,Zuzana,Petra,Tomáš,Jiří,Ondřej,Marek|Novák,Svobodová,Dvořák,Černá,Procházková,Kučera,Horváthová,Veselý,Šimková
south-slavic|Ana,Ivana,Jelena,Milica,Maja,Vesna,Elira,Marko,Nikola,Luka,Dragan,Petar|Horvat,Kovačević,Petrović,Jovanović,Marić,Babić,Dimitrova,Novak,Ilić,Hoxha
russian|Olga,Natalia,Irina,Svetlana,Tatiana,Anna,Nino,Anahit,Dmitri,Sergei,Alexei,Timur|Ivanova,Petrova,Smirnova,Kuznetsov,Shevchenko,Kovalenko,Bondarenko,Sargsyan,Beridze,Akhmetov
baltic|Rūta,Eglė,Ieva,Līga,Kadri,Liis,Jānis,Tomas,Mart,Andris|Kazlauskienė,Petrauskas,Bērziņa,Kalniņš,Tamm,Saar,Mägi,Ozoliņa
hungarian|Zsuzsanna,Katalin,Eszter,Ágnes,Réka,Gábor,Péter,László|Nagy,Kovács,Tóth,Szabó,Horváth,Kiss,Molnár,Németh
romanian|Ioana,Elena,Mihaela,Raluca,Cristina,Andrei,Mihai,Ștefan|Popescu,Ionescu,Popa,Dumitru,Stan,Munteanu,Moldovan
greek|Maria,Eleni,Katerina,Sofia,Dimitra,Giorgos,Nikos,Kostas|Papadopoulou,Georgiou,Nikolaidis,Ioannou,Pappas,Christodoulou
turkish|Ayşe,Elif,Zeynep,Fatma,Selin,Mehmet,Emre,Murat,Leyla|Yılmaz,Kaya,Demir,Şahin,Çelik,Aydın,Öztürk,Aliyeva
italian|Giulia,Chiara,Francesca,Martina,Elisa,Maria,Marco,Luca,Matteo,Nicolò|Rossi,Russo,Ferrari,Bianchi,Romano,Ricci,Borg,Camilleri,Greco
portuguese|Ana,Beatriz,Mariana,Joana,Inês,Fernanda,Luíza,João,Pedro,Rui,Thiago|Silva,Santos,Oliveira,Souza,Ferreira,Almeida,Araújo,Gonçalves,Conceição,Machava
arabic|Fatima,Layla,Amira,Noura,Hala,Rania,Mariam,Yara,Omar,Khalid,Youssef,Tariq,Hassan|Al-Mansoori,Haddad,Khalil,Nasser,Saleh,El-Sayed,Ben Ali,Mansour,Farah,Ibrahim,Levi,Rasheed
persian|Zahra,Maryam,Nasrin,Ayesha,Sana,Hira,Ali,Reza,Bilal,Usman,Farid|Ahmadi,Hosseini,Karimi,Rahimi,Khan,Malik,Qureshi,Siddiqui
indian|Priya,Anjali,Lakshmi,Kavita,Nusrat,Sunita,Meena,Dilini,Arjun,Rajesh,Suresh,Anil,Tashi|Sharma,Patel,Iyer,Nair,Das,Banerjee,Rahman,Perera,Fernando,Gurung,Dorji,Reddy,Gupta,Ramgoolam
chinese|Wei,Li Na,Xiu Ying,Mei Ling,Hui Min,Jing,Yan,Jia Wei,Kai,Jun,Siew Lan|Chen,Wang,Li,Zhang,Tan,Lim,Lee,Wong,Chan,Liu,Huang
japanese|Yuki,Akiko,Haruka,Naomi,Keiko,Hiroshi,Kenji,Takumi|Sato,Suzuki,Tanaka,Watanabe,Kobayashi,Nakamura,Yamada
korean|Ji-woo,Min-ji,Seo-yeon,Hye-jin,Jun-ho,Sung-min|Kim,Park,Choi,Jung,Kang,Yoon
malay|Siti,Nurul,Dewi,Putri,Aisyah,Budi,Agus,Ahmad,Farah|Wibowo,Santoso,Hidayat,Abdullah,Ismail,Rahim,Lestari
filipino|Maricel,Angelica,Jocelyn,Grace,Rowena,Jose,Ramon,Paolo|Reyes,Santos,Cruz,Bautista,dela Cruz,Mendoza,Villanueva
vietnamese|Linh,Thuy,Mai,Ha,Somchai,Malee,Minh,Thida,Sokha|Nguyen,Tran,Le,Pham,Srisuk,Aung,Chea,Wongsa
west-african|Chioma,Ngozi,Adaeze,Folake,Ama,Abena,Aminata,Emeka,Tunde,Kwame,Kofi,Ousmane|Okafor,Adeyemi,Okonkwo,Balogun,Mensah,Owusu,Diop,Ndiaye,Eze,Mbarga,Kamara
east-african|Wanjiru,Achieng,Nakato,Amina,Selam,Neema,Uwase,Kamau,Otieno,Juma,Abebe|Mwangi,Odhiambo,Njoroge,Kimani,Nabirye,Mushi,Tadesse,Habimana,Okello
southern-african|Thandi,Nomsa,Lerato,Tendai,Rudo,Chipo,Annelie,Sipho,Johan,Tapiwa,Kagiso|Nkosi,Dlamini,Mokoena,van Wyk,Botha,Moyo,Ncube,Banda,Phiri,Molefe
pacific|Sione,Mele,Litia,Salote,Tavita,Ana,Josefa|Tuilagi,Fonoti,Vakatawa,Taufa,Kila,Waqa
";

/// BCP 47 | English name | own name
const LANGUAGE_LINES: &str = "\
en|English|English
es|Spanish|Español
fr|French|Français
de|German|Deutsch
pt|Portuguese|Português
it|Italian|Italiano
nl|Dutch|Nederlands
pl|Polish|Polski
sv|Swedish|Svenska
da|Danish|Dansk
no|Norwegian|Norsk
fi|Finnish|Suomi
is|Icelandic|Íslenska
cs|Czech|Čeština
sk|Slovak|Slovenčina
hu|Hungarian|Magyar
ro|Romanian|Română
hr|Croatian|Hrvatski
sr|Serbian|Srpski
bs|Bosnian|Bosanski
sl|Slovenian|Slovenščina
mk|Macedonian|Macedonian
sq|Albanian|Shqip
bg|Bulgarian|Bulgarian
el|Greek|Greek
tr|Turkish|Türkçe
ru|Russian|Russian
uk|Ukrainian|Ukrainian
lt|Lithuanian|Lietuvių
lv|Latvian|Latviešu
et|Estonian|Eesti
ca|Catalan|Català
ga|Irish|Gaeilge
mt|Maltese|Malti
ar|Arabic|Arabic
he|Hebrew|Hebrew
fa|Persian|Persian
ur|Urdu|Urdu
hi|Hindi|Hindi
ta|Tamil|Tamil
bn|Bengali|Bengali
ne|Nepali|Nepali
si|Sinhala|Sinhala
zh|Chinese|Chinese
ja|Japanese|Japanese
ko|Korean|Korean
vi|Vietnamese|Tiếng Việt
th|Thai|Thai
ms|Malay|Bahasa Melayu
id|Indonesian|Bahasa Indonesia
tl|Tagalog|Tagalog
sw|Swahili|Kiswahili
af|Afrikaans|Afrikaans
zu|Zulu|isiZulu
yo|Yoruba|Yoruba
ig|Igbo|Igbo
am|Amharic|Amharic
";

/// The countries, most people first.
pub static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    COUNTRY_LINES
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|');
            Some(Country {
                code: cells.next()?,
                name: cells.next()?,
                also: cells.next()?.split(',').collect(),
                languages: cells.next()?.split(',').collect(),
                names: cells.next()?,
                zones: cells.next()?.split(',').collect(),
            })
        })
        .collect()
});

/// Given names and family names of a region.
pub struct Names {
    pub list: &'static str,
    pub given: Vec<&'static str>,
    pub family: Vec<&'static str>,
}

pub static NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| {
    NAME_LINES
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|');
            Some(Names {
                list: cells.next()?,
                given: cells.next()?.split(',').collect(),
                family: cells.next()?.split(',').collect(),
            })
        })
        .collect()
});

/// The names of a region; the first list stands in for one that is not there.
pub fn names(list: &str) -> &'static Names {
    NAMES
        .iter()
        .find(|names| names.list == list)
        .unwrap_or(&NAMES[0])
}

/// A language's English name and its own name; the code itself where the language is not in the list.
pub fn language_names(code: &str) -> (&str, &str) {
    LANGUAGE_LINES
        .lines()
        .find_map(|line| {
            let mut cells = line.split('|');
            (cells.next()? == code).then_some((cells.next()?, cells.next()?))
        })
        .unwrap_or((code, code))
}

/// The regions that people name when they wish for a partner from somewhere: id as `places` has it, and its name.
pub const REGIONS: [(&str, &str); 6] = [
    ("europe", "Europe"),
    ("asia", "Asia"),
    ("africa", "Africa"),
    ("oceania", "Oceania"),
    ("latin-america", "Latin America"),
    ("north-america", "North America"),
];

/// What librarians say about themselves: beginnings, and what follows.
pub const ABOUT_BEGINNINGS: [&str; 10] = [
    "I run the children's section of a small town library",
    "I look after electronic journals and databases at a university",
    "I am the only librarian of a secondary school",
    "I catalogue maps and photographs in a regional archive",
    "I work at the information desk and teach new students how to search",
    "I studied library science and started my first post last year",
    "I manage a team of nine in a public library with three branches",
    "I support researchers who want to publish in open access",
    "I drive the mobile library to the villages twice a week",
    "I work in the library of a hospital and help nurses to find evidence",
];
pub const ABOUT_ENDINGS: [&str; 10] = [
    "and in my free time I bake bread.",
    "and I like long walks with my dog.",
    "and lately I have been busy with a new library system.",
    "and I sing in a choir.",
    "and I read far too many crime novels.",
    "and my colleagues say that I ask a lot of questions.",
    "and I have never visited a library outside my country.",
    "and we are about to move into a new building.",
    "and I am learning to code a little.",
    "and I would love to exchange postcards, too.",
];
pub const LEARN_TEXTS: [&str; 10] = [
    "How libraries elsewhere win over their local politicians.",
    "What a normal day looks like in your library.",
    "How others teach information literacy without boring people.",
    "Ideas for programmes that bring teenagers into the library.",
    "How you plan a building for the next twenty years.",
    "How to lead a team that is older than I am.",
    "Everything about makerspaces, what works and what does not.",
    "How other countries organise continuing education.",
    "Whether our problems are the same everywhere.",
    "How to measure what we do, so that funders believe it.",
];

/// What people ask in free words where a rehearsal is not given messages of its own: none of these can be answered by
/// rule.
pub const OWN_QUESTIONS: [&str; 6] = [
    "Could you tell me who pays for this programme? My director would like to know before I go on.",
    "Is it all right if I write about the programme for our association's newsletter?",
    "My library would like to know whether you need somebody who translates the topics into our language.",
    "Could I give a short talk about the programme at our national conference, and do you have slides?",
    "Who decides on the discussion topics? I have an idea for one on rural libraries.",
    "A journalist would like to speak with somebody who organises this. Whom may I name?",
];
