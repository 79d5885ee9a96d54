#include "privacy/detect/name_list.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "embedded/given_names.h"
#include "privacy/detect/detector.h"

namespace gleaner::privacy {
namespace {

constexpr std::string_view kSurnames =
    // English
    "Smith Johnson Williams Jones Davis Wilson Anderson Thompson Robinson Wright Hughes Edwards Roberts Phillips Evans "
    "Campbell Mitchell Collins Stewart Morris Murphy Richardson Bailey Watson Sanders Bennett Henderson Coleman "
    "Jenkins "
    "Patterson Simmons Griffin Hayes Myers Graham Sullivan Wallace Harrison Gibson McDonald "
    "Peterson Barnes Hawkins Reynolds Ferguson Nichols Stevens Crawford Armstrong Elliott "
    "Stephens Payne Dunn Perkins Hicks Willis Harper Robertson Cunningham Bradley Carroll Duncan Snyder Matthews "
    "Bradshaw Hopkins Fletcher Walsh Doyle Byrne Gallagher O'Brien O'Connor O'Neill O'Sullivan MacDonald McCarthy "
    "Barnett Lawson Simpson Atkinson Dixon Saunders Thomson Harris Moore Clarke "
    "Adams Rogers Cox Kelly Doe Roe Tran Shaw Lim Kim "
    // Turkish
    "Y\u0131lmaz Yilmaz Kaya Demir \u00c7elik Celik \u015eahin Sahin Y\u0131ld\u0131z Y\u0131ld\u0131r\u0131m Yildirim "
    "\u00d6zt\u00fcrk Ozturk Ayd\u0131n Aydin "
    "\u00d6zdemir Ozdemir Arslan Do\u011fan Dogan K\u0131l\u0131\u00e7 Kilic Aslan \u00c7etin Cetin Ko\u00e7 "
    "\u00d6zkan Ozkan \u015eim\u015fek Simsek "
    "Erdo\u011fan Erdogan Korkmaz Akta\u015f Aktas \u00c7ak\u0131r Cakir G\u00fcne\u015f Keskin Avc\u0131 Karaca "
    "Ate\u015f Tekin "
    // German
    "M\u00fcller Mueller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Sch\u00e4fer Schaefer "
    "Bauer "
    "Schr\u00f6der Schroeder Neumann Schwarz Zimmermann Braun Kr\u00fcger Krueger Hofmann Hartmann Schmitt Krause "
    "Lehmann Schmid Schulze Maier K\u00f6hler Koehler Herrmann Mayer Huber Peters Scholz M\u00f6ller Moeller "
    "Wei\u00df Jung Hahn Keller Berger Winkler Lorenz Baumann Schuster Schumacher B\u00f6hm Franke "
    // French
    "Dupont Durand Dubois Moreau Lefebvre Leroy Roux Fournier Girard Bonnet Fontaine Rousseau "
    "Mercier Lefevre Lef\u00e8vre Faure Gu\u00e9rin Guerin Boyer Garnier Chevalier Fran\u00e7ois Legrand Gauthier "
    "Perrin Morel "
    "Dumont Renard Marchand Picard Gaillard Lacroix Lemaire Bertrand Martinez "
    // Spanish, Portuguese, Italian
    "Garc\u00eda Garcia Gonz\u00e1lez Gonzalez Rodr\u00edguez Rodriguez Fern\u00e1ndez Fernandez L\u00f3pez Lopez "
    "Mart\u00ednez S\u00e1nchez Sanchez "
    "P\u00e9rez Perez G\u00f3mez Gomez Jim\u00e9nez Jimenez Ruiz Hern\u00e1ndez Hernandez D\u00edaz Diaz Mu\u00f1oz "
    "\u00c1lvarez Alvarez "
    "Alonso Guti\u00e9rrez Gutierrez Navarro Dom\u00ednguez Dominguez V\u00e1zquez Vazquez Ramos Ram\u00edrez Ramirez "
    "Serrano Ortega "
    "Morales Ortiz Mar\u00edn Iglesias Castillo Herrera Flores Mendoza Aguilar Vargas Guerrero "
    "M\u00e9ndez Mendez Su\u00e1rez Suarez N\u00fa\u00f1ez Nunez Delgado Rojas Contreras Cruz Reyes Chavez Salazar "
    "Estrada "
    "Silva Oliveira Souza Sousa Pereira Ferreira Carvalho Gomes Martins Ara\u00fajo Ribeiro Almeida "
    "Rossi Russo Ferrari Esposito Bianchi Colombo Ricci De-Luca Mancini Giordano "
    "Rizzo Lombardi Moretti Barbieri Santoro Mariani Rinaldi Caruso Ferrara Galli "
    // Slavic
    "Ivanov Ivanova Petrov Petrova Sidorov Smirnov Smirnova Kuznetsov Popov Popova Vasiliev Sokolov Mikhailov Novikov "
    "Fedorov "
    "Morozov Volkov Alekseev Lebedev Semenov Egorov Pavlov Kozlov Stepanov Nikolaev Orlov Andreev Makarov Nikitin "
    "Zakharov "
    "\u0418\u0432\u0430\u043d\u043e\u0432 \u0418\u0432\u0430\u043d\u043e\u0432\u0430 "
    "\u041f\u0435\u0442\u0440\u043e\u0432 \u041f\u0435\u0442\u0440\u043e\u0432\u0430 "
    "\u0421\u0438\u0434\u043e\u0440\u043e\u0432 "
    "\u0421\u043c\u0438\u0440\u043d\u043e\u0432 \u0421\u043c\u0438\u0440\u043d\u043e\u0432\u0430 "
    "\u041a\u0443\u0437\u043d\u0435\u0446\u043e\u0432 \u041f\u043e\u043f\u043e\u0432 "
    "Kowalski Kowalska Nowak Wi\u015bniewski W\u00f3jcik Kami\u0144ski Lewandowski Zieli\u0144ski Novak Svoboda "
    "Novotny Horvat Kov\u00e1cs Nagy "
    "Szab\u00f3 Popescu Ionescu Papadopoulos "
    // Arabic, Indian, Asian, African
    "Hassan Hussein Ahmed Mohamed Khalil Mansour Haddad Khoury Nasser Saleh Hamdan Al-Sayed Rahman Qureshi Siddiqui "
    "Sheikh "
    "Kumar Singh Sharma Patel Mehta Reddy Desai Gupta Verma Mishra Joshi Iyer Nair Menon Rao Ghosh Banerjee Mukherjee "
    "Chatterjee Bose Dutta Chopra Kapoor Khanna Malhotra Bhatia Agarwal Aggarwal Shah Pandey Tiwari Yadav Chauhan "
    "Thakur Saxena Srivastava Tripathi Bhatt Kulkarni Deshmukh Patil Jadhav Pillai Krishnan Subramanian Venkataraman "
    "Naidu "
    "Ansari Prakash Chandra Hussain Wang Zhang Liu Chen Huang Zhao Zhou Xu Zhu Guo Luo Zheng Liang Xie Nguyen "
    "Pham Phan Vu Bui Tanaka Suzuki Sato Takahashi Watanabe Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki "
    "Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Choi Jung Kang Cho Yoon Jang Okafor Adeyemi Mensah Owusu Mwangi "
    "Wanjiku Dlamini Nkosi Goh Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Kristiansen Jensen Nielsen "
    "Johansson Andersson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Virtanen Korhonen Jansen Visser "
    "Bakker "
    "Mulder Dekker Dijkstra Smit";

// What only names end in, and what at least few words do.
constexpr auto kCertainEndings = std::to_array<std::string_view>({"o\u011flu",
                                                                  "oglu",
                                                                  "enko",
                                                                  "ovi\u0107",
                                                                  "evi\u0107",
                                                                  "ovic",
                                                                  "evic",
                                                                  "escu",
                                                                  "shvili",
                                                                  "opoulos",
                                                                  "ovich",
                                                                  "evich",
                                                                  "ovna",
                                                                  "evna",
                                                                  "\u043e\u0432\u0438\u0447",
                                                                  "\u0435\u0432\u0438\u0447",
                                                                  "\u043e\u0432\u043d\u0430",
                                                                  "\u0435\u0432\u043d\u0430",
                                                                  "\u0435\u043d\u043a\u043e",
                                                                  "ssen",
                                                                  "sson",
                                                                  "owski",
                                                                  "owska",
                                                                  "iewicz"});
constexpr auto kLikelyEndings = std::to_array<std::string_view>({"son",
                                                                 "sen",
                                                                 "ez",
                                                                 "ov",
                                                                 "ova",
                                                                 "ev",
                                                                 "eva",
                                                                 "ski",
                                                                 "sky",
                                                                 "ska",
                                                                 "skaya",
                                                                 "mann",
                                                                 "berg",
                                                                 "stein",
                                                                 "feld",
                                                                 "sson",
                                                                 "ian",
                                                                 "yan",
                                                                 "etti",
                                                                 "elli",
                                                                 "ini",
                                                                 "ucci",
                                                                 "\u043e\u0432",
                                                                 "\u0435\u0432",
                                                                 "\u0438\u043d",
                                                                 "\u043e\u0432\u0430",
                                                                 "\u0435\u0432\u0430",
                                                                 "\u0438\u043d\u0430",
                                                                 "\u0441\u043a\u0438\u0439",
                                                                 "\u0441\u043a\u0430\u044f",
                                                                 "\u0447\u0443\u043a",
                                                                 "\u044e\u043a",
                                                                 "\u00e9z",
                                                                 "t\u00fcrk"});

// Words as well, but not behind a given name.
constexpr auto kDoubtfulSurnames = std::to_array<std::string_view>(
    {"Taylor",  "Brown",  "Clark",     "Lee",     "Carter",   "Cooper",    "Parker",  "Allen",   "Martin", "Scott",
     "Baker",   "Walker", "Ward",      "White",   "Miller",   "Wolf",      "Hunt",    "Romano",  "Reed",   "Fisher",
     "Turner",  "Palmer", "Park",      "Sen",     "Das",      "Jain",      "Roth",    "Beck",    "Vogel",  "Fuchs",
     "Blanc",   "Petit",  "Leone",     "Greco",   "Bruno",    "Gallo",     "Conti",   "Martini", "Marino", "Costa",
     "Lima",    "Santos", "Castro",    "Vega",    "Medina",   "Torres",    "Marin",   "Rubio",   "Moreno", "Romero",
     "Tan",     "Dang",   "Carpenter", "Gardner", "Marshall", "Hudson",    "Spencer", "Chapman", "Holmes", "Jackson",
     "Fontana", "Kara",   "Kurt",      "Polat",   "Bulut",    "Toprak",    "Klein",   "Richter", "Kaiser", "Walter",
     "Frank",   "Ludwig", "Werner",    "Vincent", "Thomas",   "Alexander", "Laurent", "Lambert", "Ross",   "Hamilton",
     "Nelson",  "Howard", "Morgan",    "Kennedy", "Lewis",    "Khan",      "Malik",   "Bond"});

using Names = std::unordered_map<std::string_view, Given>;

const Names& given_names() {
  static const Names names = [] {
    Names result;
    std::string_view rest = embedded::given_names();
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view name = rest.substr(0, end);
      const bool doubtful = name.ends_with('?');
      if (doubtful) name.remove_suffix(1);
      if (!name.empty()) result.emplace(name, doubtful ? Given::kDoubtful : Given::kYes);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return result;
  }();
  return names;
}

const std::unordered_set<std::string_view>& surnames() {
  static const std::unordered_set<std::string_view> names = [] {
    std::unordered_set<std::string_view> result;
    std::string_view rest = kSurnames;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(' '), rest.size());
      if (end > 0) result.insert(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return result;
  }();
  return names;
}

// "ANNA": only ASCII.
bool is_shouted(std::string_view word) {
  return word.size() > 2 && is_upper(word[1]) && std::ranges::all_of(word, is_upper);
}

// "ANNA" as "Anna".
std::string one_capital(std::string_view word) {
  std::string result(word);
  for (char& c : std::ranges::subrange(result.begin() + 1, result.end())) c = static_cast<char>(c + 32);
  return result;
}

Given look_up(std::string_view word) {
  const auto found = given_names().find(word);
  return found == given_names().end() ? Given::kNo : found->second;
}

}  // namespace

Given given_name(std::string_view word) {
  return is_shouted(word) ? look_up(one_capital(word)) : look_up(word);
}

bool is_surname(std::string_view word) {
  if (is_shouted(word)) return surnames().contains(one_capital(word));
  if (surnames().contains(word)) return true;
  return word.size() > 6 &&
         std::ranges::any_of(kCertainEndings, [&](std::string_view end) { return word.ends_with(end); });
}

bool ends_like_surname(std::string_view word) {
  if (std::ranges::find(kDoubtfulSurnames, word) != kDoubtfulSurnames.end()) return true;
  return word.size() > 4 &&
         std::ranges::any_of(kLikelyEndings, [&](std::string_view end) { return word.ends_with(end); });
}

}  // namespace gleaner::privacy
