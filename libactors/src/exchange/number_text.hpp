/// How a number is spelt when it stands for a name.
#pragma once

#include <string>

namespace millrace::exchange {

/// As JavaScript's String(number) spells it, because the programs that wrote Kurrent histories do:
/// the fewest digits that tell `number` from any other double, with an exponent from 1e21 on and
/// below 1e-6; "0" for both zeros. `number` is finite.
[[nodiscard]] std::string number_text(double number);

}  // namespace millrace::exchange
