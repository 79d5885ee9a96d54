#include "privacy/detect/person_words.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {
namespace {

constexpr auto kStrongTitles = std::to_array<std::string_view>({"Mr",
                                                                "Mrs",
                                                                "Ms",
                                                                "Mx",
                                                                "Dr",
                                                                "Prof",
                                                                "Herr",
                                                                "Frau",
                                                                "Herrn",
                                                                "Fr\u00e4ulein",
                                                                "Monsieur",
                                                                "Mme",
                                                                "Mlle",
                                                                "Mademoiselle",
                                                                "Se\u00f1or",
                                                                "Se\u00f1ora",
                                                                "Se\u00f1orita",
                                                                "Sra",
                                                                "Srta",
                                                                "Signor",
                                                                "Signora",
                                                                "Bayan",
                                                                "Say\u0131n",
                                                                "Senhor",
                                                                "Senhora",
                                                                "Mevrouw",
                                                                "Meneer",
                                                                "Dott",
                                                                "\u0413\u043e\u0441\u043f\u043e\u0434\u0438\u043d",
                                                                "\u0413\u043e\u0441\u043f\u043e\u0436\u0430"});

constexpr auto kWeakTitles =
    std::to_array<std::string_view>({"Officer",    "Detective", "Sergeant",
                                     "Sgt",        "Captain",   "Capt",
                                     "Lieutenant", "Lt",        "Colonel",
                                     "Judge",      "Justice",   "Senator",
                                     "Inspector",  "Nurse",     "Sir",
                                     "Lady",       "Lord",      "Madam",
                                     "Madame",     "Don",       "Do\u00f1a",
                                     "Sr",         "Doctor",    "Professor",
                                     "Miss",       "President", "Agent",
                                     "Attorney",   "Manager",   "Employee",
                                     "Patient",    "Customer",  "Client",
                                     "Contact",    "Dear",      "Hi",
                                     "Hello",      "Hey",       "Hallo",
                                     "Liebe",      "Lieber",    "Cher",
                                     "Ch\u00e8re", "Merhaba",   "Hola",
                                     "Ciao",       "Uncle",     "Aunt",
                                     "M",          "Rabbi",     "Father",
                                     "Sister",     "Imam",      "Sheikh",
                                     "Shri",       "Smt",       "Governor",
                                     "Mayor",      "Minister",  "Doktor",
                                     "Avukat",     "Bay",       "\u0414\u043e\u043a\u0442\u043e\u0440"});

// In lower case where ASCII; each with what joins it to the name.
constexpr auto kStrongIntroductions =
    std::to_array<std::string_view>({"my name is ",
                                     "name's ",
                                     "her name is ",
                                     "his name is ",
                                     "full name: ",
                                     "patient name: ",
                                     "customer name: ",
                                     "first name: ",
                                     "last name: ",
                                     "surname: ",
                                     "ad\u0131m ",
                                     "ismim ",
                                     "ad\u0131 soyad\u0131: ",
                                     "ad soyad: ",
                                     "say\u0131n ",
                                     "ich hei\u00dfe ",
                                     "ich heisse ",
                                     "mein name ist ",
                                     "je m'appelle ",
                                     "je m\u2019appelle ",
                                     "je me nomme ",
                                     "me llamo ",
                                     "mi nombre es ",
                                     "mi chiamo ",
                                     "il mio nome \u00e8 ",
                                     "meu nome \u00e9 ",
                                     "chamo-me ",
                                     "mijn naam is ",
                                     "\u043c\u0435\u043d\u044f \u0437\u043e\u0432\u0443\u0442 ",
                                     "\u041c\u0435\u043d\u044f \u0437\u043e\u0432\u0443\u0442 ",
                                     "\u043c\u043e\u0451 \u0438\u043c\u044f ",
                                     "\u0433\u043e\u0441\u043f\u043e\u0434\u0438\u043d ",
                                     "\u0433\u043e\u0441\u043f\u043e\u0436\u0430 ",
                                     "\u0433-\u043d ",
                                     "\u0433-\u0436\u0430 ",
                                     "\u0424\u0418\u041e: ",
                                     "\u0627\u0633\u0645\u064a ",
                                     "\u0627\u0644\u0633\u064a\u062f ",
                                     "\u0627\u0644\u0633\u064a\u062f\u0629 ",
                                     "\u0627\u0644\u062f\u0643\u062a\u0648\u0631 ",
                                     "\u0627\u0644\u062f\u0643\u062a\u0648\u0631\u0629 "});

constexpr auto kWeakIntroductions =
    std::to_array<std::string_view>({"i am ",
                                     "i'm ",
                                     "i\u2019m ",
                                     "this is ",
                                     "dear ",
                                     "hi ",
                                     "hello ",
                                     "hey ",
                                     "regards,\n",
                                     "best,\n",
                                     "sincerely,\n",
                                     "thanks,\n",
                                     "cheers,\n",
                                     "truly,\n",
                                     "wishes,\n",
                                     "gr\u00fc\u00dfen\n",
                                     "gr\u00fc\u00dfen,\n",
                                     "sayg\u0131lar\u0131mla,\n",
                                     "sayg\u0131lar,\n",
                                     "cordialement,\n",
                                     "contact ",
                                     "patient ",
                                     "employee ",
                                     "customer ",
                                     "client ",
                                     "colleague ",
                                     "signed, ",
                                     "author: ",
                                     "attn: ",
                                     "name: ",
                                     "user: ",
                                     "from: ",
                                     "to: ",
                                     "doctor ",
                                     "officer ",
                                     "nurse ",
                                     "ben ",
                                     "ben, ",
                                     "merhaba ",
                                     "ich bin ",
                                     "je suis ",
                                     "soy ",
                                     "sono ",
                                     "\u043e\u0442 ",
                                     "\u0443\u0432\u0430\u0436\u0430\u0435\u043c\u044b\u0439 ",
                                     "\u0443\u0432\u0430\u0436\u0430\u0435\u043c\u0430\u044f ",
                                     "\u0434\u043e\u0440\u043e\u0433\u043e\u0439 ",
                                     "\u0434\u043e\u0440\u043e\u0433\u0430\u044f "});

constexpr auto kOrdinary = std::to_array<std::string_view>(
    {"A",          "About",       "After",    "All",       "Also",     "Am",       "American", "An",        "And",
     "Any",        "Are",         "As",       "Asks",      "At",       "Be",       "Because",  "Before",    "British",
     "But",        "By",          "Can",      "Center",    "Could",    "Customer", "Did",      "Do",        "Does",
     "During",     "Each",        "English",  "European",  "Every",    "February", "For",      "French",    "Friday",
     "From",       "German",      "Get",      "Gets",      "Go",       "Goes",     "Greek",    "Had",       "Has",
     "Have",       "He",          "Her",      "Here",      "His",      "How",      "However",  "I",         "If",
     "In",         "Indian",      "Into",     "Is",        "It",       "Italian",  "Its",      "January",   "July",
     "June",       "Just",        "Let",      "Like",      "Made",     "Makes",    "March",    "May",       "Me",
     "Monday",     "More",        "Most",     "My",        "New",      "No",       "Not",      "Note",      "November",
     "Now",        "October",     "Of",       "Off",       "On",       "One",      "Or",       "Our",       "Out",
     "Over",       "Please",      "Regards",  "Roman",     "Russian",  "Said",     "Saturday", "Says",      "See",
     "September",  "She",         "Should",   "So",        "Some",     "Spanish",  "Such",     "Sunday",    "Team",
     "Thank",      "Thanks",      "That",     "The",       "Their",    "Then",     "There",    "These",     "They",
     "This",       "Those",       "Through",  "Thursday",  "To",       "Tuesday",  "Turkish",  "Under",     "Until",
     "Up",         "Upon",        "US",       "USA",       "Use",      "Using",    "Very",     "Vs",        "Was",
     "We",         "Wednesday",   "Were",     "What",      "When",     "Where",    "Which",    "While",     "Who",
     "Why",        "Will",        "With",     "Without",   "Would",    "Yes",      "You",      "Your",      "August",
     "April",      "December",    "Chinese",  "Japanese",  "Arabic",   "Search",   "Finish",   "Lookup",    "Thought",
     "Action",     "Observation", "Question", "Answer",    "Best",     "Madam",    "Sir",      "Hiring",    "Customers",
     "Everyone",   "Friends",     "Sirs",     "Colleague", "Dr",       "Mr",       "Mrs",      "Ms",        "Bey",
     "Han\u0131m", "Efendi",      "Email",    "Phone",     "Address",  "ID",       "SSN",      "PhD",       "MD",
     "Esq",        "Jr",          "Sr",       "III",       "II",       "IV",       "IBAN",     "Dow",       "Indiana",
     "Goldman",    "Lockheed",    "Aston",    "San",       "Santa",    "Saint",    "St",       "Las",       "Los",
     "Uber",       "Big",         "Great",    "Little",    "North",    "South",    "East",     "West",      "Old",
     "Former",     "Young",       "Late",     "Account",   "Password", "User",     "Name",     "File",      "Data",
     "Gmail",      "Account",     "Token",    "API",       "App",      "Access",   "Personal", "Biography", "Cpa",
     "Area",       "Cloud",       "Airtable", "Calendly",  "Slack"});

constexpr auto kThings = std::to_array<std::string_view>(
    {"Act",        "Agreement",   "Air",           "Airlines",   "Airport",   "Albums",     "Archives", "Arena",
     "Army",       "Association", "Avenue",        "Ave",        "Award",     "Awards",     "Bank",     "Bay",
     "Beach",      "Board",       "Boulevard",     "Bridge",     "Building",  "Cathedral",  "Cemetery", "Center",
     "Centre",     "Channel",     "Church",        "City",       "Climate",   "Clinic",     "Club",     "Co",
     "Coast",      "College",     "Commission",    "Committee",  "Company",   "Conference", "Corp",     "Corporation",
     "Council",    "County",      "Court",         "Creek",      "Cup",       "Dam",        "Day",      "Department",
     "Desert",     "District",    "Drive",         "Empire",     "Estate",    "Falls",      "Fashion",  "Festival",
     "Field",      "Film",        "Foundation",    "Garden",     "Gardens",   "Government", "Group",    "Hall",
     "Harbor",     "Harbour",     "High",          "Highway",    "Hospital",  "Hotel",      "House",    "Inc",
     "Industries", "Institute",   "International", "Island",     "Islands",   "Lake",       "Land",     "Lane",
     "Law",        "League",      "Library",       "Limited",    "LLC",       "Ltd",        "Magazine", "Medal",
     "Memorial",   "Mountain",    "Mountains",     "Museum",     "National",  "Olympics",   "Opera",    "Orchestra",
     "Palace",     "Parade",      "Park",          "Parliament", "Peninsula", "Plaza",      "Prize",    "Province",
     "Railway",    "Records",     "Republic",      "River",      "Road",      "School",     "Sea",      "Square",
     "Stadium",    "State",       "Station",       "Store",      "Street",    "Studios",    "Syndrome", "Temple",
     "Test",       "Theater",     "Theatre",       "Theorem",    "Tower",     "Trail",      "Treaty",   "Tribune",
     "Trophy",     "University",  "Valley",        "Village",    "War",       "Way",        "Woods",    "Cardinals",
     "Childhood",  "Ensemble",    "Nursery",       "Party",      "Space",     "Telescope"});

constexpr auto kParticles = std::to_array<std::string_view>({"al",  "bin", "bint", "da",  "das", "de",  "del", "della",
                                                             "den", "der", "di",   "do",  "dos", "du",  "el",  "ibn",
                                                             "la",  "le",  "ter",  "ten", "van", "von", "y",   "zu"});

struct Traits {
  Hint title = Hint::kNone;
  bool ordinary = false;
  bool thing = false;
  bool particle = false;
};

const std::unordered_map<std::string_view, Traits>& words() {
  static const std::unordered_map<std::string_view, Traits> result = [] {
    std::unordered_map<std::string_view, Traits> traits;
    for (const std::string_view word : kWeakTitles) traits[word].title = Hint::kWeak;
    for (const std::string_view word : kStrongTitles) traits[word].title = Hint::kStrong;
    for (const std::string_view word : kOrdinary) traits[word].ordinary = true;
    for (const std::string_view word : kThings) traits[word].thing = true;
    for (const std::string_view word : kParticles) traits[word].particle = true;
    return traits;
  }();
  return result;
}

Traits traits(std::string_view word) {
  const auto found = words().find(word);
  return found == words().end() ? Traits{} : found->second;
}

struct Introduction {
  std::string_view phrase;
  Hint hint;
};

// By the byte before the last: it says for most words that no introduction stands before them.
const std::array<std::vector<Introduction>, 256>& introductions() {
  static const std::array<std::vector<Introduction>, 256> result = [] {
    std::array<std::vector<Introduction>, 256> buckets;
    const auto add = [&](std::string_view phrase, Hint hint) {
      buckets[static_cast<unsigned char>(phrase[phrase.size() - 2])].push_back({phrase, hint});
    };
    for (const std::string_view phrase : kStrongIntroductions) add(phrase, Hint::kStrong);
    for (const std::string_view phrase : kWeakIntroductions) add(phrase, Hint::kWeak);
    return buckets;
  }();
  return result;
}

constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}

bool ends_with(std::string_view text, std::string_view phrase) {
  if (text.size() < phrase.size()) return false;
  const size_t begin = text.size() - phrase.size();
  if (begin > 0 && is_alnum(text[begin - 1])) return false;
  return std::ranges::equal(text.substr(begin), phrase,
                            [](char c, char wanted) { return c == wanted || lower(c) == wanted; });
}

}  // namespace

Hint title(std::string_view word) {
  return traits(word).title;
}

Hint introduction(std::string_view before) {
  if (before.size() < 3 || (before.back() != ' ' && before.back() != '\n')) return Hint::kNone;
  const auto last = static_cast<unsigned char>(lower(before[before.size() - 2]));
  for (const Introduction& each : introductions()[last]) {
    if (ends_with(before, each.phrase)) return each.hint;
  }
  return Hint::kNone;
}

bool is_ordinary_word(std::string_view word) {
  return traits(word).ordinary;
}

bool names_a_thing(std::string_view word) {
  return traits(word).thing;
}

bool is_particle(std::string_view word) {
  return traits(word).particle;
}

}  // namespace gleaner::privacy
