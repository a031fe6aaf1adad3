import serve as serve  # before Ray, which reads what it sets
