#include "tests/tpch/tables.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

#include "tests/tpch/words.h"

namespace shale::tpch {
namespace {

constexpr uint64_t kSeed = 19920101;
enum Table { kRegion, kNation, kSupplier, kPart, kPartSupplier, kCustomer, kOrder };

constexpr std::string_view kAddressLetters =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ,.";
static_assert(kAddressLetters.size() == 65);

int64_t DayOf(int year, unsigned month, unsigned day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  return std::chrono::sys_days(date).time_since_epoch().count();
}

const int64_t kStartDay = DayOf(1992, 1, 1);
const int64_t kEndDay = DayOf(1998, 12, 31);
const int64_t kCurrentDay = DayOf(1995, 6, 17);
constexpr int64_t kOrderDaysBeforeEnd = 151;

// One line of a table.
class Line {
 public:
  explicit Line(std::string* out) : out_(out) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { out_->push_back('\n'); }

  Line& Text(std::string_view text) {
    Next();
    out_->append(text);
    return *this;
  }
  Line& Number(uint64_t value) {
    Next();
    Digits(value, 1);
    return *this;
  }
  // The value in hundredths.
  Line& Money(int64_t cents) {
    Next();
    if (cents < 0) out_->push_back('-');
    const auto value = static_cast<uint64_t>(std::abs(cents));
    Digits(value / 100, 1);
    out_->push_back('.');
    Digits(value % 100, 2);
    return *this;
  }
  Line& Date(int64_t day) {
    Next();
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    Digits(static_cast<uint64_t>(static_cast<int>(date.year())), 4);
    out_->push_back('-');
    Digits(static_cast<unsigned>(date.month()), 2);
    out_->push_back('-');
    Digits(static_cast<unsigned>(date.day()), 2);
    return *this;
  }
  // The prefix, and the number in nine digits.
  Line& Name(std::string_view prefix, uint64_t value) {
    Text(prefix);
    Digits(value, 9);
    return *this;
  }
  Line& Address(Random& random) {
    Next();
    for (uint64_t left = 10 + random.Uniform(31); left > 0; --left) {
      out_->push_back(kAddressLetters[random.Uniform(kAddressLetters.size() - 1)]);
    }
    return *this;
  }
  Line& Phone(uint64_t nation, Random& random) {
    Next();
    Digits(nation + 10, 2);
    for (const auto& [first, count, width] :
         {std::tuple{100, 900, 3}, {100, 900, 3}, {1000, 9000, 4}}) {
      out_->push_back('-');
      Digits(static_cast<uint64_t>(first) + random.Uniform(static_cast<uint64_t>(count)), width);
    }
    return *this;
  }

 private:
  void Next() {
    if (!is_first_) out_->push_back('|');
    is_first_ = false;
  }
  void Digits(uint64_t value, int width) {
    char digits[20];
    int count = 0;
    for (; value > 0 || count < width; value /= 10) {
      digits[count++] = static_cast<char>('0' + value % 10);
    }
    while (count > 0) out_->push_back(digits[--count]);
  }

  std::string* const out_;
  bool is_first_ = true;
};

int64_t Between(int64_t low, int64_t high, Random& random) {
  return low + static_cast<int64_t>(random.Uniform(static_cast<uint64_t>(high - low + 1)));
}

uint64_t Count(double scale, double of_one) {
  return std::max<uint64_t>(1, static_cast<uint64_t>(std::llround(scale * of_one)));
}

int64_t RetailPrice(uint64_t part_key) {
  return static_cast<int64_t>(90000 + (part_key / 10) % 20001 + 100 * (part_key % 1000));
}

// Of each 32 successive keys eight are used.
uint64_t OrderKey(uint64_t number) { return number / 8 * 32 + number % 8 + 1; }

struct OrderLine {
  uint64_t part_key;
  uint64_t supplier;  // of the part's four
  int64_t quantity;
  int64_t price;
  int64_t discount;
  int64_t tax;
  int64_t ship_day;
  int64_t commit_day;
  int64_t receipt_day;
  bool is_open() const { return ship_day > kCurrentDay; }
};

OrderLine MakeLine(int64_t order_day, uint64_t part_count, Random& random) {
  OrderLine line;
  line.part_key = 1 + random.Uniform(part_count);
  line.supplier = random.Uniform(4);
  line.quantity = Between(1, 50, random);
  line.price = line.quantity * RetailPrice(line.part_key);
  line.discount = Between(0, 10, random);
  line.tax = Between(0, 8, random);
  line.ship_day = order_day + Between(1, 121, random);
  line.commit_day = order_day + Between(30, 90, random);
  line.receipt_day = line.ship_day + Between(1, 30, random);
  return line;
}

}  // namespace

Tables::Tables(double scale)
    : text_(kSeed),
      supplier_count_(Count(scale, 10'000)),
      part_count_(Count(scale, 200'000)),
      customer_count_(std::max<uint64_t>(3, Count(scale, 150'000))),
      order_count_(Count(scale, 1'500'000)),
      clerk_count_(Count(scale, 1'000)) {}

Random Tables::RandomOf(int table, uint64_t number) const {
  return Random(kSeed + (static_cast<uint64_t>(table) << 56) + number);
}

uint64_t Tables::SupplierOf(uint64_t part_key, uint64_t n) const {
  const uint64_t step = supplier_count_ / 4 + (part_key - 1) / supplier_count_;
  return (part_key + n * step) % supplier_count_ + 1;
}

void Tables::Region(uint64_t number, std::string* out) const {
  Random random = RandomOf(kRegion, number);
  Line(out).Number(number).Text(Regions()[number]).Text(text_.Piece(31, 115, random));
}

void Tables::Nation(uint64_t number, std::string* out) const {
  Random random = RandomOf(kNation, number);
  const auto& nation = Nations()[number];
  Line(out)
      .Number(number)
      .Text(nation.name)
      .Number(static_cast<uint64_t>(nation.region))
      .Text(text_.Piece(31, 114, random));
}

// Five of ten thousand suppliers have complaints, five recommendations in their comments.
void Tables::Supplier(uint64_t number, std::string* out) const {
  Random random = RandomOf(kSupplier, number);
  const uint64_t nation = random.Uniform(25);
  std::string comment(text_.Piece(25, 100, random));
  const uint64_t kind = random.Uniform(10'000);
  if (kind < 10) {
    const std::string_view what = kind < 5 ? "Complaints" : "Recommends";
    constexpr std::string_view kCustomer = "Customer";
    const size_t spare = comment.size() - kCustomer.size() - what.size();
    const size_t first = random.Uniform(spare + 1);
    const size_t second = first + kCustomer.size() + random.Uniform(spare - first + 1);
    comment.replace(first, kCustomer.size(), kCustomer);
    comment.replace(second, what.size(), what);
  }
  Line(out)
      .Number(number + 1)
      .Name("Supplier#", number + 1)
      .Address(random)
      .Number(nation)
      .Phone(nation, random)
      .Money(Between(-99'999, 999'999, random))
      .Text(comment);
}

void Tables::Part(uint64_t number, std::string* out) const {
  Random random = RandomOf(kPart, number);
  std::string_view words[5];
  std::string name;
  for (size_t i = 0; i < std::size(words); ++i) {
    do {
      words[i] = Pick(Colors(), random);
    } while (std::find(words, words + i, words[i]) != words + i);
    if (i > 0) name += ' ';
    name += words[i];
  }
  const char maker = static_cast<char>('1' + random.Uniform(5));
  const char brand = static_cast<char>('1' + random.Uniform(5));
  std::string type(Pick(TypeSizes(), random));
  type.append(" ").append(Pick(TypeFinishes(), random));
  type.append(" ").append(Pick(TypeMetals(), random));
  std::string container(Pick(ContainerSizes(), random));
  container.append(" ").append(Pick(ContainerKinds(), random));
  const uint64_t size = 1 + random.Uniform(50);
  Line(out)
      .Number(number + 1)
      .Text(name)
      .Text(std::string("Manufacturer#") + maker)
      .Text(std::string("Brand#") + maker + brand)
      .Text(type)
      .Number(size)
      .Text(container)
      .Money(RetailPrice(number + 1))
      .Text(text_.Piece(5, 22, random));
}

void Tables::PartSupplier(uint64_t part_number, std::string* out) const {
  Random random = RandomOf(kPartSupplier, part_number);
  for (uint64_t n = 0; n < 4; ++n) {
    const uint64_t available = 1 + random.Uniform(9'999);
    const int64_t cost = Between(100, 100'000, random);
    Line(out)
        .Number(part_number + 1)
        .Number(SupplierOf(part_number + 1, n))
        .Number(available)
        .Money(cost)
        .Text(text_.Piece(49, 198, random));
  }
}

void Tables::Customer(uint64_t number, std::string* out) const {
  Random random = RandomOf(kCustomer, number);
  const uint64_t nation = random.Uniform(25);
  Line line(out);
  line.Number(number + 1).Name("Customer#", number + 1).Address(random).Number(nation);
  line.Phone(nation, random).Money(Between(-99'999, 999'999, random));
  line.Text(Pick(Segments(), random)).Text(text_.Piece(29, 116, random));
}

// A third of the customers, those whose number divides by three, has no orders.
void Tables::Order(uint64_t number, std::string* order, std::string* lines) const {
  Random random = RandomOf(kOrder, number);
  const uint64_t key = OrderKey(number);
  uint64_t customer;
  do {
    customer = 1 + random.Uniform(customer_count_);
  } while (customer % 3 == 0);
  const int64_t day = Between(kStartDay, kEndDay - kOrderDaysBeforeEnd, random);
  const uint64_t line_count = 1 + random.Uniform(7);
  uint64_t open_count = 0;
  int64_t total = 0;
  for (uint64_t n = 0; n < line_count; ++n) {
    const OrderLine made = MakeLine(day, part_count_, random);
    if (made.is_open()) ++open_count;
    total += static_cast<int64_t>(std::llround(
        static_cast<double>(made.price * (100 + made.tax) * (100 - made.discount)) / 10'000));
    const bool is_returned = random.OneIn(2);
    const std::string_view instruction = Pick(Instructions(), random);
    const std::string_view mode = Pick(Modes(), random);
    const std::string_view comment = text_.Piece(10, 43, random);
    if (lines == nullptr) continue;
    Line line(lines);
    line.Number(key).Number(made.part_key).Number(SupplierOf(made.part_key, made.supplier));
    line.Number(n + 1).Number(static_cast<uint64_t>(made.quantity)).Money(made.price);
    line.Money(made.discount).Money(made.tax);
    line.Text(made.receipt_day > kCurrentDay ? "N" : is_returned ? "R" : "A");
    line.Text(made.is_open() ? "O" : "F");
    line.Date(made.ship_day).Date(made.commit_day).Date(made.receipt_day);
    line.Text(instruction).Text(mode).Text(comment);
  }
  if (order == nullptr) return;
  Line line(order);
  line.Number(key).Number(customer);
  line.Text(open_count == 0 ? "F" : open_count == line_count ? "O" : "P");
  line.Money(total).Date(day).Text(Pick(Priorities(), random));
  line.Name("Clerk#", 1 + random.Uniform(clerk_count_)).Number(0);
  line.Text(text_.Piece(19, 78, random));
}

}  // namespace shale::tpch
