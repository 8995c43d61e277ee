"""The words for numbers out of bounds."""

EN = {"limits_whole": "{name} must be a whole number from {low} to {high}; got {value}."}

ZH = {"limits_whole": "{name} 必须是 {low} 到 {high} 之间的整数，收到的是 {value}。"}
