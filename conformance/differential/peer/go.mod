module handfast/differential

go 1.24
